using System.Diagnostics;
using VfioSharp.Tool.Demo.Acts;
using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo;

/// <summary>The demonstration: one act after the other, until one fails.</summary>
internal static class DemoPlay
{
    /// <summary>The acts in their order.</summary>
    public static readonly IReadOnlyList<DemoAct> Acts =
    [
        new("serve", (stage, report) => report with { Serve = ServeAct.Perform(stage) }, (text, report) => text.Write(report.Serve!)),
        new("open", (stage, report) => report with { Open = OpenAct.Perform(stage) }, (text, report) => text.Write(report.Open!)),
        new("reads", (stage, report) => report with { Reads = ReadsAct.Perform(stage) }, (text, report) => text.Write(report.Reads!)),
        new("dma", (stage, report) => report with { Dma = DmaAct.Perform(stage) }, (text, report) => text.Write(report.Dma!)),
        new("interrupt", (stage, report) => report with { Interrupt = InterruptAct.Perform(stage) }, (text, report) => text.Write(report.Interrupt!)),
        new("loss", (stage, report) => report with { Loss = LossAct.Perform(stage) }, (text, report) => text.Write(report.Loss!)),
        new("recovery", (stage, report) => report with { Recovery = RecoveryAct.Perform(stage) }, (text, report) => text.Write(report.Recovery!)),
        new("hosts",
            (_, report) => report with { Hosts = HostsAct.Perform(ScratchDriver.FunctionName, ScratchDriver.IdentityOffset, report.Recovery!.Identity) },
            (text, report) => text.Write(report.Hosts!)),
    ];

    /// <summary>Performs the acts.</summary>
    /// <param name="host">What the command runs with.</param>
    /// <param name="text">Prints each act as it ends; null for nothing.</param>
    /// <param name="cancellation">Ends the demonstration.</param>
    /// <returns>What came of it; an act that failed is named in it, and those behind it were not performed.</returns>
    public static DemoReport Perform(ToolHost host, DemoText? text, CancellationToken cancellation)
    {
        var started = Stopwatch.StartNew();
        var report = new DemoReport(ScratchDriver.FunctionName);
        using var stage = new DemoStage(host, cancellation);
        foreach (var act in Acts)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                report = act.Perform(stage, report);
            }
            catch (VfioException refusal)
            {
                report = report with { Failure = new FailureReport(act.Name, refusal.Message) };
                break;
            }

            if (text is not null)
                act.Tell(text, report);
        }

        return report with { Seconds = Math.Round(started.Elapsed.TotalSeconds, 3) };
    }
}
