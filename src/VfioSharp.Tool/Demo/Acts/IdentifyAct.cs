using System.Diagnostics;
using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Lets the NVMe driver have the controller, and asks what it is.</summary>
internal static class IdentifyAct
{
    public static async Task<IdentityReport> PerformAsync(DemoStage stage)
    {
        var starting = Stopwatch.StartNew();
        await stage.Disk.StartDriverAsync(stage.Cancellation);
        var elapsed = starting.Elapsed;
        var (controller, space) = (stage.Disk.Controller, stage.Disk.Namespace);
        return new IdentityReport(
            controller.Identity.ModelNumber, controller.Identity.SerialNumber, controller.Version.ToString(), controller.MaxQueuePairs,
            controller.MaxTransferInBytes, space.Id, space.SizeInBytes, space.BlockSizeInBytes, DemoTime.Milliseconds(elapsed));
    }
}
