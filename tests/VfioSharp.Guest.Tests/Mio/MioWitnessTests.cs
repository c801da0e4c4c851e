using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.InGuest;
using VfioSharp.InGuest.Mio;

namespace VfioSharp.Guest.Tests.Mio;

/// <summary>
/// QEMU's own trace says what reached the controller of the library's instructions: each access once, in its width and its order of bytes. Of a block
/// store QEMU makes stores of 8 bytes; that it was one operation <see cref="MioMeasurementTests"/> show.
/// </summary>
public sealed partial class MioWitnessTests
{
    private const string Guest = "s390x 7 mio";

    [Fact]
    public async Task Stores_arrive_once_and_in_the_order_of_memory()
    {
        await GuestMachine.SkipWhereUnavailable(Guest);
        using var folder = new TemporaryFolder();
        var trace = folder.PathOf("trace");
        var session = await GuestSession.Boot(
            Guest,
            [
                "--device", "nvme,cmb_size_mb=1", "--trace", $"memory_region_ops_read={trace}", "--trace", $"memory_region_ops_write={trace}",
                "--include", $"{await InGuestAssembly.Published(Guest)}:/tests",
            ],
            NamedCommands.Script(
            [
                ("stores", $"{InGuestAssembly.Program} {nameof(MioWitnessedStores)}"),
                ("accesses", $"{InGuestAssembly.Program} {nameof(WitnessedAccesses)}"),
            ]));

        session.AssertTestsPassed("stores", fewest: 1);
        session.AssertTestsPassed("accesses", fewest: 1);
        var lines = await File.ReadAllLinesAsync(trace, TestContext.Current.CancellationToken);
        Assert.Equal(MioWitnessedStores.Expected, StoresOf(lines));
        AccessWitnessTests.AssertSeen(lines);
    }

    private static IEnumerable<(ulong Offset, int Width, ulong Value)> StoresOf(IEnumerable<string> trace) =>
        from line in trace.SkipWhile(line => !line.Contains($"value 0x{MioWitnessedStores.BeginMark:x} ", StringComparison.Ordinal)).Skip(1)
        let match = StoreToMemory().Match(line)
        where match.Success
        let width = int.Parse(match.Groups["width"].ValueSpan, CultureInfo.InvariantCulture)
        select (Hexadecimal(match.Groups["address"]) & 0xfffff, width, Hexadecimal(match.Groups["value"]));

    private static ulong Hexadecimal(Group group) => ulong.Parse(group.ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    [GeneratedRegex("memory_region_ops_write .* addr 0x(?<address>[0-9a-f]+) value 0x(?<value>[0-9a-f]+) size (?<width>[0-9]) name 'nvme-cmb'")]
    private static partial Regex StoreToMemory();
}
