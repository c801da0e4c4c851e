using System.Globalization;

namespace System;

/// <summary>What the tests use of the class library that netstandard2.1 does not have; it means the same here.</summary>
internal static class LaterTestMembers
{
    extension(Directory)
    {
        public static DirectoryInfo CreateTempSubdirectory(string prefix) =>
            Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), prefix + Guid.NewGuid().ToString("N")));
    }

    extension(Convert)
    {
        public static byte[] FromHexString(string text) =>
            [.. Enumerable.Range(0, text.Length / 2).Select(index => byte.Parse(text.AsSpan(2 * index, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))];

        public static string ToHexStringLower(ReadOnlySpan<byte> bytes) =>
            string.Concat(bytes.ToArray().Select(value => value.ToString("x2", CultureInfo.InvariantCulture)));
    }

    extension(Array)
    {
        public static void Clear(Array array) => Array.Clear(array, 0, array.Length);
    }

    extension<T>(Task<T> task)
    {
        public async Task<T> WaitAsync(TimeSpan limit, CancellationToken cancellation) =>
            await Task.WhenAny(task, Task.Delay(limit, cancellation)) == task ? await task : throw new TimeoutException();
    }

    extension<T>(IEnumerable<T> values)
    {
        public IEnumerable<T> Order() => values.OrderBy(value => value);

        public IEnumerable<T[]> Chunk(int size) => values
            .Select((value, index) => (Value: value, Index: index))
            .GroupBy(pair => pair.Index / size, pair => pair.Value, (_, chunk) => chunk.ToArray());
    }
}
