using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Spectre.Console;
using VfioSharp.Tool.Nvme.Benchmarking;
using VfioSharp.Tool.Reports;
using VfioSharp.Tool.Reports.Benchmarking;
using Layout = VfioSharp.Tool.Reports.Layout;

namespace VfioSharp.Tool.Demo.Reporting;

/// <summary>The demonstration for people, act by act as they end.</summary>
internal sealed class DemoText
{
    // The longest names are those of paths.
    private const int NameWidth = 14;

    private readonly IAnsiConsole _console;

    // An assembly built for a debugger is not optimized when it is compiled for the machine, and the library is built as the command is.
    private static bool IsUnoptimized => typeof(DemoText).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true };

    public DemoText(ToolHost host) => _console = host.CreateConsole();

    public void Write(ServeReport serve)
    {
        WriteHeading($"An NVMe controller in another process");
        WriteField("served", $"{serve.Command}");
        WriteField("", $"process {serve.ProcessId}, ready after {serve.MillisecondsToReady:0} ms");
    }

    public void Write(OpenReport open)
    {
        WriteHeading($"Opened like any device");
        WriteField("device", $"{open.Device}, {open.Vendor:x4}:{open.DeviceId:x4}, opened in {open.MillisecondsToOpen:0} ms");
        foreach (var plan in open.Plans)
        {
            WriteField(plan.Region, $"0x{plan.Offset:x} to 0x{plan.Offset + plan.LengthInBytes - 1:x}: {plan.Path}. {plan.Reason}");
            foreach (var path in plan.RuledOut)
                WriteField("", $"not {path.Path}: {path.Reason}");
        }
    }

    public void Write(BenchReport reads)
    {
        WriteHeading($"A read of {reads.Width} bits of that shared memory");
        if (IsUnoptimized)
            WriteField("", $"by a Debug build; a Release build (-c Release) is quicker");
        foreach (var path in reads.Paths.OrderBy(path => path.MedianNs))
        {
            var faster = path.TimesFaster > 1 ? FormattableString.Invariant($", {path.TimesFaster:N0} times faster") : string.Empty;
            WriteField(path.Path, $"{path.MedianNs:N1} ns{faster}; {path.BytesAllocatedPerRead} bytes allocated");
        }
    }

    public void Write(IdentityReport identity)
    {
        WriteHeading($"The NVMe driver takes it");
        WriteField("controller", $"{identity.Model}, serial number {identity.SerialNumber}, NVMe {identity.Version}");
        WriteField("", $"initialised in {identity.Milliseconds:0} ms");
        var size = Sizes.Spell((ulong)identity.SizeInBytes);
        WriteField("disk", $"namespace {identity.Namespace}, {size} in blocks of {identity.BlockSizeInBytes} bytes");
        WriteField("limits", $"{identity.QueuePairs} queue pairs, {Sizes.Spell((ulong)identity.MaxTransferInBytes)} a command");
    }

    public void Write(DataReport data)
    {
        WriteHeading($"Data, written and read back by DMA");
        var length = Sizes.Spell((ulong)data.LengthInBytes);
        WriteField("written", $"{length} from LBA {data.FirstLba} on, and flushed, in {data.MillisecondsToWrite:N0} ms");
        WriteField("read", $"in {data.MillisecondsToRead:N0} ms; SHA-256 {data.Sha256}, the same");
    }

    public void Write(IReadOnlyList<NvmeBenchReport> speed)
    {
        WriteHeading($"4 KiB at random places, both sides looking for work");
        if (IsUnoptimized)
            WriteField("", $"by a Debug build; a Release build (-c Release) is quicker");
        foreach (var depth in speed)
            WriteSpeed(FormattableString.Invariant($"{depth.QueueDepth} at a time"), depth);
    }

    public void Write(NvmeBenchReport interrupt)
    {
        WriteHeading($"The same, asleep until the interrupt comes");
        WriteSpeed("MSI-X", interrupt);
    }

    public void Write(LossReport loss)
    {
        WriteHeading($"kill -9 {loss.ProcessId}, while three threads read");
        foreach (var thread in loss.Threads)
        {
            WriteField(thread.Path, $"noticed after {thread.Milliseconds:0.0} ms and {thread.Reads:N0} reads");
            WriteField("", $"{thread.Exception}: {thread.Message}");
        }
    }

    public void Write(RecoveryReport recovery)
    {
        WriteHeading($"Served and opened again");
        WriteField(
            "served",
            $"process {recovery.ProcessId}, ready after {recovery.MillisecondsToReady:0} ms; driven {recovery.MillisecondsToOpen:0} ms later");
        WriteField("data", $"SHA-256 {recovery.Sha256}, the same as before");
    }

    public void Write(IReadOnlyList<HostReport> hosts)
    {
        WriteHeading($"The same on IBM Z, modelled kernel by kernel; and ISM, IBM's shared-memory device");
        _console.WriteLine();
        var table = Layout.CreateTable(_console, "host", "function", "mmap", "a load", "pread", "so VfioSharp takes", "a read", "a disk", "at 1 TiB");
        Layout.KeepTogether(table, 0, 1, 2, 3, 4, 5, 6, 7);
        foreach (var host in hosts)
        {
            Layout.AddRow(
                table, host.Host, host.Function, host.Mmap, host.Load ?? "-", host.Pread, host.Path, host.Read ?? "-", host.Disk ?? "-",
                host.FarStore ?? "-");
        }

        _console.Write(table);
        _console.WriteLine();
        foreach (var group in hosts.GroupBy(host => (host.Function, host.Path, host.Reason)))
            WriteField(group.Key.Path, $"{group.Key.Function} on {string.Join(" and ", group.Select(host => host.Host))}: {group.Key.Reason}");
    }

    public void WriteEnd(DemoReport report)
    {
        _console.WriteLine();
        Layout.WriteLine(_console, string.Create(CultureInfo.InvariantCulture, $"All of it was seen to be so, in {report.Seconds:0.0} s."));
    }

    private void WriteSpeed(string name, NvmeBenchReport report)
    {
        var allocated = report.BytesAllocatedPerCommand is { } bytes ? FormattableString.Invariant($"; {bytes:0.#} bytes allocated") : string.Empty;
        WriteField(name, $"{report.Iops:N0} a second; {LatencyText.SpellPercentiles(report.Latency)}{allocated}");
    }

    private void WriteHeading(FormattableString heading) => Layout.WriteHeading(_console, FormattableString.Invariant(heading));

    private void WriteField(string name, FormattableString value) => Layout.WriteField(_console, name, FormattableString.Invariant(value), NameWidth);
}
