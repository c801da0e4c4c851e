using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace System;

/// <summary>Single members that the class library got after netstandard2.1, as far as the library calls them; they mean the same here.</summary>
internal static class LaterMembers
{
    extension(OperatingSystem)
    {
        /// <summary>Whether this is Linux.</summary>
        public static bool IsLinux() => RuntimeInformation.IsOSPlatform(OSPlatform.Linux);
    }

    extension(Environment)
    {
        /// <summary>The number of this process.</summary>
        public static int ProcessId
        {
            get
            {
                using var process = Process.GetCurrentProcess();
                return process.Id;
            }
        }
    }

    extension(Stopwatch)
    {
        /// <summary>The time since a timestamp.</summary>
        public static TimeSpan GetElapsedTime(long start) => Stopwatch.GetElapsedTime(start, Stopwatch.GetTimestamp());

        /// <summary>The time between two timestamps.</summary>
        public static TimeSpan GetElapsedTime(long start, long end) =>
            new((long)((end - start) * ((double)TimeSpan.TicksPerSecond / Stopwatch.Frequency)));
    }

    extension(Volatile)
    {
        /// <summary>Keeps loads in front of the loads and stores behind it.</summary>
        public static void ReadBarrier() => Thread.MemoryBarrier();

        /// <summary>Keeps loads and stores in front of the stores behind it.</summary>
        public static void WriteBarrier() => Thread.MemoryBarrier();
    }

    extension(SHA256)
    {
        /// <summary>The digest of bytes.</summary>
        public static byte[] HashData(byte[] source)
        {
            using var sha = SHA256.Create();
            return sha.ComputeHash(source);
        }
    }

    extension(TimeSpan span)
    {
        /// <summary>The span in nanoseconds, of which it counts hundreds.</summary>
        public double TotalNanoseconds => span.Ticks * (1e9 / TimeSpan.TicksPerSecond);
    }

    extension(Enum)
    {
        /// <summary>The values of an enumeration.</summary>
        public static T[] GetValues<T>()
            where T : struct, Enum => (T[])Enum.GetValues(typeof(T));

        /// <summary>Whether a value has a name.</summary>
        public static bool IsDefined<T>(T value)
            where T : struct, Enum => Enum.IsDefined(typeof(T), value);
    }

    extension(char)
    {
        /// <summary>Whether a character is one of 0 to 9.</summary>
        public static bool IsAsciiDigit(char character) => character is >= '0' and <= '9';
    }

    extension(nint)
    {
        /// <summary>The largest number of this type.</summary>
        public static nint MaxValue => unchecked((nint)(~(nuint)0 >> 1));
    }

    extension(MemoryMarshal)
    {
        /// <summary>Writes a structure's bytes.</summary>
        public static void Write<T>(Span<byte> destination, in T value)
            where T : struct
        {
            var copy = value;
            MemoryMarshal.Write(destination, ref copy);
        }

        /// <summary>A structure in place, over the bytes that it lies in.</summary>
        public static ref T AsRef<T>(Span<byte> span)
            where T : struct => ref MemoryMarshal.Cast<byte, T>(span)[0];

        /// <inheritdoc cref="AsRef{T}(Span{byte})"/>
        public static ref readonly T AsRef<T>(ReadOnlySpan<byte> span)
            where T : struct => ref MemoryMarshal.Cast<byte, T>(span)[0];
    }

    extension(Guid guid)
    {
        /// <summary>Writes a GUID's bytes, most significant first if wanted.</summary>
        public bool TryWriteBytes(Span<byte> destination, bool bigEndian, out int bytesWritten)
        {
            bytesWritten = 0;
            if (!guid.TryWriteBytes(destination))
                return false;
            bytesWritten = 16;
            if (bigEndian)
            {
                // Without the choice they are an int and two shorts, least significant byte first, then eight single bytes.
                destination[..4].Reverse();
                destination[4..6].Reverse();
                destination[6..8].Reverse();
            }

            return true;
        }
    }

    extension(Thread thread)
    {
        /// <summary>Starts a thread that does not inherit the execution context.</summary>
        public void UnsafeStart()
        {
            if (ExecutionContext.IsFlowSuppressed())
            {
                thread.Start();
                return;
            }

            using (ExecutionContext.SuppressFlow())
                thread.Start();
        }
    }

    extension<T>(IEnumerable<T> values)
    {
        /// <summary>The value of the smallest key; default where there is none.</summary>
        public T? MinBy<TKey>(Func<T, TKey> key) => values.OrderBy(key).FirstOrDefault();

        /// <summary>The first value of each key.</summary>
        public IEnumerable<T> DistinctBy<TKey>(Func<T, TKey> key) => values.GroupBy(key).Select(group => group.First());
    }
}
