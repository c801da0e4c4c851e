using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Has the function served by another process.</summary>
internal static class ServeAct
{
    public static ServeReport Perform(DemoStage stage)
    {
        var server = stage.StartServer();
        var command = $"vfio serve {string.Join(' ', DemoDisk.ServeArguments(stage.Image))} --socket {stage.Socket}";
        return new ServeReport(command, server.Id, stage.Socket, DemoTime.Milliseconds(server.TimeToReady));
    }
}
