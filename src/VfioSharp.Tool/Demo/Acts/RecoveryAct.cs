using System.Diagnostics;
using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Has the function served again at the same place, and opens it again.</summary>
internal static class RecoveryAct
{
    public static RecoveryReport Perform(DemoStage stage)
    {
        var server = stage.StartServer();
        var opening = Stopwatch.StartNew();
        var driver = stage.OpenFunction();
        var identity = driver.ReadIdentity();
        return new RecoveryReport(server.Id, DemoTime.Milliseconds(server.TimeToReady), DemoTime.Milliseconds(opening.Elapsed), identity);
    }
}
