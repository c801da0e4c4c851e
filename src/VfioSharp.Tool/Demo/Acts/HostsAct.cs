using VfioSharp.Nvme;
using VfioSharp.Regions;
using VfioSharp.Tool.Demo.Reporting;
using VfioSharp.Tool.Reports;
using VfioSharp.Tool.Scripts;
using VfioSharp.Tool.Zpci;
using VfioSharp.Zpci;
using VfioSharp.Zpci.Backend;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>
/// Opens the same kind of function, and IBM's ISM, on modelled IBM Z hosts. Each host is booted twice: for a program that makes its system calls by
/// itself, and for the library; what the library says has to agree with what the program met. The NVMe driver then uses the disk.
/// </summary>
internal static class HostsAct
{
    private const string Ism = "ism";
    private const string Done = "ok";
    private const int Bar = (int)RegionIndex.Bar0;
    private const int RegisterLengthInBytes = sizeof(uint);
    private const ulong FarOffset = 1ul << 40;
    private const int BlockLengthInBytes = 16;

    private static readonly StepAddress Mapping = new("bar0", 0);

    private static readonly IReadOnlyList<string> HostsOfTheFunction = ["linux-6.12,nomio", "linux-6.12,mio", "linux-7.2,nomio", "linux-7.2,mio"];

    private static readonly IReadOnlyList<string> HostsOfIsm =
        ["linux-6.12,nomio", "linux-7.2,nomio", "linux-7.2,mio", "linux-7.2,mio,driver=ism_vfio_pci"];

    /// <summary>Boots the hosts.</summary>
    /// <param name="expected">What the function that another process served had in its identity register.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What was met on each.</returns>
    /// <exception cref="VfioException">
    /// What the library says does not agree with what the program met, or the register has something else.
    /// </exception>
    /// <exception cref="NvmeException">The driver cannot use the disk.</exception>
    public static async Task<IReadOnlyList<HostReport>> PerformAsync(uint expected, CancellationToken cancellation)
    {
        const ulong registerOffset = DemoDisk.IdentityOffset;
        var reports = new List<HostReport>();
        foreach (var host in HostsOfTheFunction)
        {
            var report = Visit(host, DemoDisk.FunctionName, registerOffset);
            var found = report.Value is { } value
                ? FormattableString.Invariant($"has 0x{value:x}, not 0x{expected:x}")
                : $"cannot be read ({report.Read})";
            Check.That(report.Value == expected, AddressOf(report), "the function is the same as the one that was served",
                $"its register 0x{registerOffset:x} {found}.");
            reports.Add(report with { Disk = await UseDiskAsync(AddressOf(report), cancellation) });
        }

        foreach (var host in HostsOfIsm)
            reports.Add(Visit(host, Ism, 0));
        return reports;
    }

    private static HostReport Visit(string host, string function, ulong registerOffset)
    {
        var report = AskLibrary(host, function, registerOffset, AskProgram(host, function, registerOffset));
        var isMapped = report.Path is nameof(AccessPath.MmioSyscall) or nameof(AccessPath.MioInstruction);
        Check.That(isMapped == (report.Mmap == Done), AddressOf(report), "the library maps what can be mapped",
            $"mmap(2) came to {report.Mmap}, and the library takes {report.Path}.");
        Check.That(report.Pread == Done || report.Read != Done, AddressOf(report), "the library reads nothing that cannot be read",
            $"pread(2) came to {report.Pread}, and the library read 0x{report.Value:x}.");
        return report;
    }

    // What a program meets that knows nothing of all this.
    private static HostReport AskProgram(string host, string function, ulong registerOffset)
    {
        using var target = new ModelTarget(ZpciFunctionAddress.Parse($"{host}/{function}"));
        var process = target.Process;
        var mmap = process.MapRegion(Mapping.Name, Bar, 0, null, Protection.Read | Protection.Write, MapFlags.Shared);
        var load = process.Lacks(Mapping) ? null : process.PlainLoad(Mapping with { Offset = registerOffset }, RegisterLengthInBytes);
        var pread = process.ReadFile(Bar, registerOffset, RegisterLengthInBytes);
        return new HostReport(
            host, function, AnswerOf(mmap), load is null ? null : AnswerOf(load), AnswerOf(pread),
            string.Empty, string.Empty, [], null, null, null, null);
    }

    private static HostReport AskLibrary(string host, string function, ulong registerOffset, HostReport report)
    {
        using var device = VfioDevice.Open($"{ZpciScheme.Name}:{host}/{function}");
        var region = device.Regions[RegionIndex.Bar0];
        var plan = region.Plan();
        report = report with
        {
            Path = plan.Path.ToString(),
            Reason = plan.Reason,
            RuledOut = [.. plan.RuledOut.Select(path => new RuledOutReport(path.Path.ToString(), path.Reason))],
        };
        if (plan.Path == AccessPath.Unreachable)
            return report;

        using var window = region.Open(new WindowOptions { OnFault = OnFault.Throw });
        uint value = 0;
        var read = AnswerOf(() => value = window.Read32(registerOffset));
        return report with
        {
            Read = read,
            Value = read == Done ? value : null,
            FarStore = region.SizeInBytes <= FarOffset ? null
                : region.ReachableLengthInBytes <= FarOffset ? "out of reach"
                : AnswerOf(() => window.WriteBlock(FarOffset, new byte[BlockLengthInBytes])),
        };
    }

    // By the driver that knows nothing of hosts, either.
    private static async Task<string> UseDiskAsync(DeviceAddress address, CancellationToken cancellation)
    {
        await using var controller = await NvmeController.OpenAsync(address.ToString(), new NvmeOptions(), cancellation);
        Check.That(controller.Namespaces.Count != 0, address, "the controller has a disk", $"it has no namespace.");
        var space = controller.Namespaces[0];
        var (written, read) = (new byte[space.BlockSizeInBytes], new byte[space.BlockSizeInBytes]);
        Random.Shared.NextBytes(written);
        await space.WriteAsync(0, written, cancellation);
        await space.ReadAsync(0, read, cancellation);
        Check.That(written.AsSpan().SequenceEqual(read), address, "what was written is what is read", $"the block is another.");
        return Done;
    }

    private static DeviceAddress AddressOf(HostReport report) => DeviceAddress.Parse($"{ZpciScheme.Name}:{report.Host}/{report.Function}");

    private static string AnswerOf(StepResult result) => result.IsDone ? Done : result.Errno ?? result.Signal ?? result.Text;

    private static string AnswerOf(Action access)
    {
        try
        {
            access();
            return Done;
        }
        catch (VfioException refusal)
        {
            return AnswerOf(StepResult.OfRefusal(refusal));
        }
    }
}
