using System.Security.Cryptography;
using System.Text.Json;

namespace VfioSharp.Guest.Tests.Mio;

/// <summary>
/// The command `vfio` on a machine with MIO instructions, in one boot of each kernel: what it says of a controller that has MIO addresses and of one
/// that has none, its three ways to a register side by side, and a drive read by the driver, which QEMU's file of that drive judges.
/// </summary>
public sealed class MioToolTests
{
    private const int DriveInBytes = 64 << 20;
    private const string Version = "bar0 8";

    // Emulation takes its time: all of the drive in one of the guests.
    private static int BytesReadIn(string guest) => guest == "s390x 7 mio" ? DriveInBytes : DriveInBytes / 16;

    private static (string Name, string Command)[] CommandsIn(string guest) =>
    [
        ("probe", "vfio probe $VFIO_DISK --json"),
        ("probe lost", "vfio probe $VFIO_LOST --json"),
        ("read lost", $"vfio read $VFIO_LOST {Version}"),
        ("MioInstruction", $"vfio read $VFIO_DISK {Version} --path MioInstruction"),
        ("MmioSyscall", $"vfio read $VFIO_DISK {Version} --path MmioSyscall"),
        ("RegionFile", $"vfio read $VFIO_DISK {Version} --path RegionFile"),
        ("bench", $"vfio bench $VFIO_DISK {Version} --rounds 11 --svg /tmp/bench.svg --json && head -c 5 /tmp/bench.svg >&2"),
        ("nvme read", $"vfio nvme read $VFIO_DISK --length {BytesReadIn(guest)} --output - | sha256sum | cut -d' ' -f1"),
    ];

    [Theory, MemberData(nameof(GuestMachine.MioData), MemberType = typeof(GuestMachine))]
    public async Task It_takes_the_instructions_where_they_reach_and_says_why_where_not(string guest)
    {
        using var folder = new TemporaryFolder();
        var sum = await WriteDrive(folder.PathOf("disk"), BytesReadIn(guest));
        var session = await GuestSession.Boot(
            guest,
            ["--device", $"nvme,id=disk,file={folder.PathOf("disk")}", "--device", "nvme,id=lost,mio=off"],
            NamedCommands.Script(CommandsIn(guest)));

        AssertPlan(session, guest);
        AssertUnreachable(session);
        AssertPaths(session, guest);
        Assert.Equal(sum, session.OutputOf("nvme read"));
    }

    private static void AssertPlan(GuestSession session, string guest)
    {
        using var probe = JsonDocument.Parse(session.OutputOf("probe"));
        Assert.True(probe.RootElement.GetProperty("zpci").GetProperty("mioEnabled").GetBoolean());
        Assert.Equal(GuestMachine.HasIommufd(guest) ? "iommufd" : "group", probe.RootElement.GetProperty("backend").GetString());
        var bar = BarOf(probe);
        Assert.Equal(GuestMachine.FastestPath(guest), bar.GetProperty("path").GetString());
        var instructions = RuledOut(bar, "MioInstruction");
        if (GuestMachine.FastestPath(guest) == "MioInstruction")
        {
            Assert.Null(instructions);
            Assert.Contains("guarded MIO instructions", bar.GetProperty("reason").GetString(), StringComparison.Ordinal);
            Assert.Contains("not memory", RuledOut(bar, "LoadStore"), StringComparison.Ordinal);
        }
        else
        {
            // The kernel has them, and maps no BAR.
            Assert.Contains("6.15", instructions, StringComparison.Ordinal);
            Assert.Contains("6.15", RuledOut(bar, "MmioSyscall"), StringComparison.Ordinal);
        }
    }

    private static void AssertUnreachable(GuestSession session)
    {
        using var probe = JsonDocument.Parse(session.OutputOf("probe lost"));
        Assert.False(probe.RootElement.GetProperty("zpci").GetProperty("mioEnabled").GetBoolean());
        var bar = BarOf(probe);
        Assert.Equal("Unreachable", bar.GetProperty("path").GetString());
        Assert.Contains("mio_enabled is 0", bar.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, session.Commands["read lost"].ExitCode);
        Assert.Contains("mio_enabled is 0", session.Commands["read lost"].Error, StringComparison.Ordinal);
    }

    private static void AssertPaths(GuestSession session, string guest)
    {
        var isMapped = GuestMachine.FastestPath(guest) == "MioInstruction";
        string[] paths = isMapped ? ["MioInstruction", "MmioSyscall", "RegionFile"] : ["RegionFile"];
        foreach (var path in paths)
            Assert.Equal("0x00010400", session.OutputOf(path));
        if (!isMapped)
            Assert.Contains("6.15", session.Commands["MioInstruction"].Error, StringComparison.Ordinal);

        using var bench = JsonDocument.Parse(session.OutputOf("bench"));
        var medians = bench.RootElement.GetProperty("paths").EnumerateArray()
            .ToDictionary(path => path.GetProperty("path").GetString()!, path => path.GetProperty("medianNs").GetDouble());
        Assert.Equal(paths, medians.Keys);
        Assert.All(medians.Values, median => Assert.InRange(median, 1, 1e9));
        if (isMapped)
            Assert.True(medians["MioInstruction"] < medians["MmioSyscall"] && medians["MioInstruction"] < medians["RegionFile"], session.OutputOf("bench"));
        Assert.Contains("<svg", session.Commands["bench"].Error, StringComparison.Ordinal);
    }

    private static JsonElement BarOf(JsonDocument probe) =>
        probe.RootElement.GetProperty("regions").EnumerateArray().Single(region => region.GetProperty("name").GetString() == "BAR0");

    private static string? RuledOut(JsonElement bar, string path) => bar.GetProperty("ruledOut").EnumerateArray()
        .Where(other => other.GetProperty("path").GetString() == path)
        .Select(other => other.GetProperty("reason").GetString())
        .SingleOrDefault();

    private static async Task<string> WriteDrive(string path, int lengthInBytes)
    {
        var content = RandomNumberGenerator.GetBytes(DriveInBytes);
        await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);
        return Convert.ToHexStringLower(SHA256.HashData(content.AsSpan(0, lengthInBytes)));
    }
}
