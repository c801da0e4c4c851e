using VfioSharp.Emulation;
using VfioSharp.Emulation.VfioUser;
using VfioSharp.Tool.Tests.Serving;

namespace VfioSharp.Tool.Tests.VfioUser;

/// <summary>A function that this process serves, to the command that it runs as well.</summary>
internal sealed class ServedFunction : IDisposable
{
    private readonly SocketFolder _folder = new();
    private readonly PciFunction _function;
    private readonly VfioUserServer _server;

    public ServedFunction(PciFunction function)
    {
        _function = function;
        _server = VfioUserServer.Listen(function, _folder["f.sock"]);
    }

    /// <summary>The function's address.</summary>
    public string Address => "vfio-user:" + _folder["f.sock"];

    /// <summary>Runs a verb in this process; DEVICE stands for the function.</summary>
    public Task<ToolRun> RunAsync(string arguments) =>
        ToolRun.RunAsync("/nonexistent", [.. arguments.Split(' ').Select(word => word == "DEVICE" ? Address : word)]);

    /// <summary>Waits until clients have sent so many messages.</summary>
    public async Task AwaitMessagesAsync(long count)
    {
        while (_server.MessageCount < count)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken);
    }

    /// <summary>Ends the server, and with it the connection of its client.</summary>
    public void Stop() => _server.Stop();

    public void Dispose()
    {
        _server.Dispose();
        _function.Dispose();
        _folder.Dispose();
    }
}
