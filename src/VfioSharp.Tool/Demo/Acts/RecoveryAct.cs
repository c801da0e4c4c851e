using System.Diagnostics;
using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Has the same disk served again at the same place, opens it again, and looks whether the data is still there.</summary>
internal static class RecoveryAct
{
    /// <param name="stage">Where.</param>
    /// <param name="data">What was written before the server was killed.</param>
    public static async Task<RecoveryReport> PerformAsync(DemoStage stage, DataReport data)
    {
        var server = stage.StartServer();
        var opening = Stopwatch.StartNew();
        var disk = stage.OpenDisk();
        var identity = disk.ReadIdentity();
        await disk.StartDriverAsync(stage.Cancellation);
        var opened = opening.Elapsed;
        var present = await DataAct.ChecksumAsync(stage);
        Check.That(present == data.Sha256, stage.Address, "the data outlived the server", $"its SHA-256 is {present}, not {data.Sha256}.");
        return new RecoveryReport(server.Id, DemoTime.Milliseconds(server.TimeToReady), DemoTime.Milliseconds(opened), identity, present);
    }
}
