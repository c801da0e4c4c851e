using System.Diagnostics;
using System.Security.Cryptography;
using VfioSharp.Tool.Demo.Reporting;
using VfioSharp.Tool.Nvme.Transfers;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Writes data that nobody has seen before, flushes it, reads it back and compares checksums.</summary>
internal static class DataAct
{
    private const ulong FirstLba = 2048;
    private const int LengthInBytes = 16 << 20;

    /// <summary>Where the data lies.</summary>
    public static BlockRange RangeOf(DemoStage stage) => BlockRange.Within(stage.Address, stage.Disk.Namespace, FirstLba, LengthInBytes);

    public static async Task<DataReport> PerformAsync(DemoStage stage)
    {
        var data = new byte[LengthInBytes];
        Random.Shared.NextBytes(data);
        var range = RangeOf(stage);
        var moving = Stopwatch.GetTimestamp();
        var writer = new NamespaceWriter(stage.Disk.Controller, range);
        await writer.CopyAsync(new MemoryStream(data, writable: false), static _ => { }, stage.Cancellation);
        await stage.Disk.Namespace.FlushAsync(stage.Cancellation);
        var written = Stopwatch.GetElapsedTime(moving);

        moving = Stopwatch.GetTimestamp();
        var present = await ChecksumAsync(stage);
        var read = Stopwatch.GetElapsedTime(moving);
        var expected = Spell(SHA256.HashData(data));
        Check.That(present == expected, stage.Address, "what was written is what is read", $"its SHA-256 is {present}, not {expected}.");
        return new DataReport(FirstLba, LengthInBytes, expected, DemoTime.Milliseconds(written), DemoTime.Milliseconds(read));
    }

    /// <summary>The SHA-256 of what lies there now.</summary>
    public static async Task<string> ChecksumAsync(DemoStage stage)
    {
        using var present = new MemoryStream(LengthInBytes);
        await NamespaceReader.CopyAsync(stage.Disk.Controller, RangeOf(stage), present, static _ => { }, stage.Cancellation);
        return Spell(SHA256.HashData(present.GetBuffer().AsSpan(0, (int)present.Length)));
    }

    private static string Spell(byte[] checksum) => Convert.ToHexStringLower(checksum);
}
