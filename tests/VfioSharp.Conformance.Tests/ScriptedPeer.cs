using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Client;

namespace VfioSharp.Conformance.Tests;

/// <summary>A server on a thread of its own that serves client after client by a script: right, or broken in one way.</summary>
internal sealed class ScriptedPeer : IDisposable
{
    private readonly UnixListener _listener;
    private readonly Script _script;
    private readonly Thread _thread;

    public ScriptedPeer(Script script)
    {
        _script = script;
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"vfiosharp-{Guid.NewGuid():N}.sock");
        _listener = UnixListener.Listen(Path, backlog: 4);
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public string Path { get; }

    public void Dispose()
    {
        _listener.Stop();
        _thread.Join();
        _listener.Dispose();
    }

    private void Run()
    {
        while (_listener.Accept() is { } socket)
        {
            using var device = new ScriptedDevice();
            _script.Prepare?.Invoke(device);
            using var server = new ScriptedServer(socket, device, _script);
            server.Serve(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30), () => false);
        }
    }
}
