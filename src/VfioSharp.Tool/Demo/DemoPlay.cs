using System.Diagnostics;
using VfioSharp.Nvme;
using VfioSharp.Tool.Demo.Acts;
using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo;

/// <summary>The demonstration: one act after the other, until one fails.</summary>
internal static class DemoPlay
{
    /// <summary>The acts in their order.</summary>
    public static readonly IReadOnlyList<DemoAct> Acts =
    [
        Act("serve", (stage, report) => report with { Serve = ServeAct.Perform(stage) }, (text, report) => text.Write(report.Serve!)),
        Act("open", (stage, report) => report with { Open = OpenAct.Perform(stage) }, (text, report) => text.Write(report.Open!)),
        Act("reads", (stage, report) => report with { Reads = ReadsAct.Perform(stage) }, (text, report) => text.Write(report.Reads!)),
        new("identify", async (stage, report) => report with { Identify = await IdentifyAct.PerformAsync(stage) },
            (text, report) => text.Write(report.Identify!)),
        new("data", async (stage, report) => report with { Data = await DataAct.PerformAsync(stage) },
            (text, report) => text.Write(report.Data!)),
        new("speed", async (stage, report) => report with { Speed = await SpeedAct.PerformPolledAsync(stage) },
            (text, report) => text.Write(report.Speed!)),
        new("interrupt", async (stage, report) => report with { Interrupt = await SpeedAct.PerformInterruptAsync(stage) },
            (text, report) => text.Write(report.Interrupt!)),
        Act("loss", (stage, report) => report with { Loss = LossAct.Perform(stage) }, (text, report) => text.Write(report.Loss!)),
        new("recovery", async (stage, report) => report with { Recovery = await RecoveryAct.PerformAsync(stage, report.Data!) },
            (text, report) => text.Write(report.Recovery!)),
        new("hosts", async (stage, report) => report with { Hosts = await HostsAct.PerformAsync(report.Recovery!.Identity, stage.Cancellation) },
            (text, report) => text.Write(report.Hosts!)),
    ];

    /// <summary>Performs the acts.</summary>
    /// <param name="host">What the command runs with.</param>
    /// <param name="text">Prints each act as it ends; null for nothing.</param>
    /// <param name="cancellation">Ends the demonstration.</param>
    /// <returns>What came of it; an act that failed is named in it, and those behind it were not performed.</returns>
    public static async Task<DemoReport> PerformAsync(ToolHost host, DemoText? text, CancellationToken cancellation)
    {
        var started = Stopwatch.StartNew();
        var report = new DemoReport(DemoDisk.FunctionName);
        using var stage = new DemoStage(host, cancellation);
        foreach (var act in Acts)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                report = await act.PerformAsync(stage, report);
            }
            catch (Exception refusal) when (refusal is VfioException or NvmeException)
            {
                report = report with { Failure = new FailureReport(act.Name, refusal.Message) };
                break;
            }

            if (text is not null)
                act.Tell(text, report);
        }

        return report with { Seconds = Math.Round(started.Elapsed.TotalSeconds, 3) };
    }

    private static DemoAct Act(string name, Func<DemoStage, DemoReport, DemoReport> perform, Action<DemoText, DemoReport> tell) =>
        new(name, (stage, report) => Task.FromResult(perform(stage, report)), tell);
}
