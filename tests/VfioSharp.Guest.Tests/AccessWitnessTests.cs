using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.InGuest;

namespace VfioSharp.Guest.Tests;

/// <summary>QEMU's own trace says which accesses reached the NVMe controller, how often, and how wide.</summary>
public sealed partial class AccessWitnessTests
{
    // NVMe's BAR0 has 16 KiB and is aligned to its size, as every BAR is.
    private const ulong OffsetMask = 0x3fff;

    [Theory, MemberData(nameof(GuestMachine.Data), MemberType = typeof(GuestMachine))]
    public async Task Every_access_reached_the_device_once_and_in_its_width(string guest)
    {
        var trace = Path.GetTempFileName();
        try
        {
            InGuestAssembly.Judge(await InGuestAssembly.RunOne(
                guest,
                ["--device", "nvme", "--trace", $"memory_region_ops_read={trace}", "--trace", $"memory_region_ops_write={trace}"],
                $"{nameof(WitnessedAccesses)}.{nameof(WitnessedAccesses.Of_every_kind)}"));

            AssertSeen(File.ReadLines(trace));
        }
        finally
        {
            File.Delete(trace);
        }
    }

    /// <summary>What followed the mark in a trace is what <see cref="WitnessedAccesses"/> made, each once and in its width.</summary>
    internal static void AssertSeen(IEnumerable<string> trace)
    {
        var seen = Count(trace.SkipWhile(line => !line.Contains($"value 0x{WitnessedAccesses.BeginMark:x} ", StringComparison.Ordinal)).Skip(1));
        Assert.Equal(WitnessedAccesses.Expected.OrderBy(expected => expected.Offset), seen.OrderBy(access => access.Offset));
    }

    private static IEnumerable<(ulong Offset, int Width, int Loads, int Stores)> Count(IEnumerable<string> trace) =>
        from line in trace
        let match = NvmeAccess().Match(line)
        where match.Success
        let offset = ulong.Parse(match.Groups["address"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & OffsetMask
        group match.Groups["direction"].Value by (offset, int.Parse(match.Groups["width"].ValueSpan, CultureInfo.InvariantCulture)) into accesses
        select (accesses.Key.offset, accesses.Key.Item2, accesses.Count(direction => direction == "read"), accesses.Count(direction => direction == "write"));

    [GeneratedRegex("memory_region_ops_(?<direction>read|write) .* addr 0x(?<address>[0-9a-f]+) .* size (?<width>[0-9]) name 'nvme'")]
    private static partial Regex NvmeAccess();
}
