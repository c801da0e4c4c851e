using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Has the function served by another process.</summary>
internal static class ServeAct
{
    public static ServeReport Perform(DemoStage stage)
    {
        var server = stage.StartServer();
        return new ServeReport(
            $"vfio serve {ScratchDriver.FunctionName} --socket {stage.Socket}", server.Id, stage.Socket, DemoTime.Milliseconds(server.TimeToReady));
    }
}
