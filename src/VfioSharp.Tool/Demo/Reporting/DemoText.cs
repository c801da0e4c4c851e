using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Spectre.Console;
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
        WriteHeading($"A PCI function in another process");
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
        WriteHeading($"A read of {reads.Width} bits of its shared memory");
        if (IsUnoptimized)
            WriteField("", $"by a Debug build; a Release build (-c Release) is quicker");
        foreach (var path in reads.Paths.OrderBy(path => path.MedianNs))
        {
            var faster = path.TimesFaster > 1 ? FormattableString.Invariant($", {path.TimesFaster:N0} times faster") : string.Empty;
            WriteField(path.Path, $"{path.MedianNs:N1} ns{faster}; {path.BytesAllocatedPerRead} bytes allocated");
        }
    }

    public void Write(DmaReport dma)
    {
        WriteHeading($"Data by DMA");
        WriteField(
            "in, out",
            $"{Sizes.Spell((ulong)dma.LengthInBytes)} from IOVA 0x{dma.Iova:x} into its shared memory in {dma.MicrosecondsIn:N0} us, and back in {dma.MicrosecondsOut:N0} us");
        WriteField("copied", $"{Sizes.Spell((ulong)dma.CopiedInBytes)} from one place of this process's memory to another in {dma.MicrosecondsToCopy:N0} us");
        WriteField("compared", $"every byte, and the same");
    }

    public void Write(InterruptReport interrupt)
    {
        WriteHeading($"Interrupts");
        WriteField(interrupt.Name, $"vector {interrupt.Vector}, asked for and waited for {interrupt.Count} times; each came once");
        WriteField(
            "latency",
            $"{interrupt.MedianMicroseconds:N0} us from the register write to the thread that waits; {interrupt.MinMicroseconds:N0} to {interrupt.MaxMicroseconds:N0}");
    }

    public void Write(LossReport loss)
    {
        WriteHeading($"kill -9 {loss.ProcessId}, while two threads read");
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
            $"process {recovery.ProcessId}, ready after {recovery.MillisecondsToReady:0} ms; opened in {recovery.MillisecondsToOpen:0} ms, and it answers 0x{recovery.Identity:x8}");
    }

    public void Write(IReadOnlyList<HostReport> hosts)
    {
        WriteHeading($"The same on IBM Z, modelled kernel by kernel; and ISM, IBM's shared-memory device");
        _console.WriteLine();
        var table = Layout.CreateTable(_console, "host", "function", "mmap", "a load", "pread", "so VfioSharp takes", "a read", "a block at 1 TiB");
        Layout.KeepTogether(table, 0, 1, 2, 3, 4, 5, 6);
        foreach (var host in hosts)
        {
            Layout.AddRow(
                table, host.Host, host.Function, host.Mmap, host.Load ?? "-", host.Pread, host.Path, host.Read ?? "-", host.FarStore ?? "-");
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

    private void WriteHeading(FormattableString heading) => Layout.WriteHeading(_console, FormattableString.Invariant(heading));

    private void WriteField(string name, FormattableString value) => Layout.WriteField(_console, name, FormattableString.Invariant(value), NameWidth);
}
