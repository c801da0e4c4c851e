using System.Diagnostics;
using System.Text;

namespace VfioSharp.Guest.Tests.Peers;

/// <summary>
/// A vfio-user server that others have written, as a process of this machine: guest/peer builds and runs it. Where it cannot be had, the test is skipped
/// with the reason. Disposing of it ends the process; what it printed is kept.
/// </summary>
internal sealed class Peer : IDisposable
{
    private const int Unavailable = 69;

    // QEMU's timers, which its devices' work goes by, run with TCG alone.
    private const string Qemu = "qemu-system-x86_64 -accel tcg -machine x-remote,vfio-user=on,auto-shutdown=on -nodefaults -display none";

    // Enough for a first run that builds them.
    private static readonly TimeSpan PreparationLimit = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private static readonly Lazy<Task<(string? Obstacle, string Version)>> Programs = new(Prepare);

    private readonly TemporaryFolder _folder = new();
    private readonly StringBuilder _messages = new();
    private readonly Process _process;

    private Peer(Func<TemporaryFolder, string> command)
    {
        Socket = _folder.PathOf("socket");
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", InPlace(command(_folder), Socket)])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The path of its socket.</summary>
    public string Socket { get; }

    /// <summary>What the library opens.</summary>
    public string Address => $"vfio-user:{Socket}";

    /// <summary>What it has printed.</summary>
    public string Messages
    {
        get
        {
            lock (_messages)
                return _messages.ToString();
        }
    }

    /// <summary>The commands that start the samples of libvfio-user, and QEMU with a function; "{socket}" stands for the socket's path.</summary>
    public static string Sample(string name) => $"{name} {{socket}}";

    /// <inheritdoc cref="Sample"/>
    /// <param name="device">The device as -device takes it, without its id.</param>
    /// <param name="more">Further arguments.</param>
    public static string QemuWith(string device, string more = "") =>
        $"{Qemu} {more} -device {device},id=function -object x-vfio-user-server,id=server,type=unix,path={{socket}},device=function";

    /// <summary>The shell's words that run such a command.</summary>
    public static string CommandLine(string command) => $"exec {Repository.PathOf("guest/peer")} {command}";

    /// <summary>What the peers were built from; skips the running test where they cannot be had.</summary>
    public static async Task<string> RequireVersion()
    {
        var (obstacle, version) = await Programs.Value;
        Assert.SkipWhen(obstacle is not null, $"no foreign vfio-user server: {obstacle}");
        return version;
    }

    /// <summary>Starts one and waits until it listens.</summary>
    /// <param name="command">Its command.</param>
    public static Task<Peer> Start(string command) => Start(_ => command);

    /// <summary>Starts one that has files of its own.</summary>
    /// <param name="command">Its command, for the folder of its files.</param>
    public static async Task<Peer> Start(Func<TemporaryFolder, string> command)
    {
        await RequireVersion();
        var peer = new Peer(command);
        try
        {
            await peer.WaitUntil(peer.IsListening, "listen");
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the process ends by itself, as QEMU does when its client goes.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForExit()
    {
        using var limit = new CancellationTokenSource(StartLimit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _folder.Dispose();
    }

    /// <summary>Waits until it has printed something.</summary>
    public Task WaitForMessage(string text) => WaitUntil(() => Messages.Contains(text, StringComparison.Ordinal), $"print '{text}'");

    private async Task WaitUntil(Func<bool> holds, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.False(_process.HasExited, $"the peer ended with {(_process.HasExited ? _process.ExitCode : 0)}:\n{Messages}");
            Assert.True(watch.Elapsed < StartLimit, $"the peer does not {what}:\n{Messages}");
            await Task.Delay(10);
        }
    }

    // The socket's file is there before anybody listens, and a connection to try it would be the peer's only one: the kernel's list tells
    // (net/unix/af_unix.c, unix_seq_show: the fourth field has __SO_ACCEPTCON, 1 << 16).
    private bool IsListening() => File.ReadLines("/proc/net/unix").Any(line =>
        line.EndsWith(Socket, StringComparison.Ordinal) && line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3] == "00010000");

    private static string InPlace(string command, string socket) => CommandLine(command).Replace("{socket}", socket, StringComparison.Ordinal);

    private static async Task<(string? Obstacle, string Version)> Prepare()
    {
        var preparation = await ProcessRun.Start(Repository.PathOf("guest/peer"), ["--version"], PreparationLimit);
        return preparation.ExitCode switch
        {
            0 => (null, preparation.Output.Trim()),
            Unavailable => (preparation.Error.Trim(), string.Empty),
            var code => throw new InvalidOperationException($"guest/peer --version failed with {code}:\n{preparation.Error}"),
        };
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_messages)
            _messages.AppendLine(line.Data);
    }
}
