using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using VfioSharp.Tool.Demo;

namespace VfioSharp.Tool.Tests.Serving;

/// <summary>`vfio serve` as a process of its own, which ends with this object.</summary>
internal sealed class RunningServer : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _error;

    private RunningServer(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    /// <summary>The line that says that it is ready.</summary>
    public string Ready { get; private set; } = string.Empty;

    public JsonElement ReadyJson => JsonDocument.Parse(Ready).RootElement;

    public static async Task<RunningServer> StartAsync(params string[] arguments)
    {
        var server = new RunningServer(Process.Start(ToolProgram.OfThisProcess().StartWith(["serve", .. arguments]))!);
        var line = await server._process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(LongestWait);
        server.Ready = line ?? throw new InvalidOperationException($"The server did not get ready: {await server._error}");
        return server;
    }

    public void Signal(PosixSignal signal) => Assert.Equal(0, kill(Id, signal == PosixSignal.SIGTERM ? 15 : 2));

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Waits for the end.</summary>
    public async Task<(int ExitCode, string Error)> EndAsync()
    {
        using var limit = new CancellationTokenSource(LongestWait);
        await _process.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, await _error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int process, int signal);
}
