using System.Diagnostics;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server;

/// <summary>The server that is judged: one that runs already, or one that this object starts whenever it does not run, and ends.</summary>
internal sealed class ServerUnderTest(ServerSuiteOptions options) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly Stopwatch _sinceStart = new();
    private ShellCommand? _process;
    private bool _hasHadClient;
    private bool _endsWithItsClient;

    /// <summary>Starts the server if it is for this object to start it, and it does not run.</summary>
    /// <exception cref="VfioException">It cannot be started, or does not listen in time.</exception>
    public void EnsureRunning()
    {
        if (options.Command is null || _process is { HasExited: false } && !AwaitEnd())
            return;
        Forget();
        // A dead server's socket would be taken for the new one's.
        if (UnixListener.IsAbandoned(options.SocketPath))
            File.Delete(options.SocketPath);
        else if (File.Exists(options.SocketPath))
            throw Failed($"somebody listens at {options.SocketPath}, or it is no socket.");
        _process = ShellCommand.Start(options.Command, options.SocketPath);
        _hasHadClient = false;
        var watch = Stopwatch.StartNew();
        while (!File.Exists(options.SocketPath))
        {
            if (_process.HasExited)
                throw Failed($"it ended with {_process.End}.");
            if (watch.Elapsed > options.StartTimeout)
                throw Failed($"it does not listen at {options.SocketPath} within {options.StartTimeout.TotalSeconds:0.###} s.");
            Thread.Sleep(Pause);
        }

        _sinceStart.Restart();
    }

    /// <summary>Connects to the server. One that was just started may need a moment between bind and listen.</summary>
    /// <exception cref="VfioException">Nobody accepts connections.</exception>
    /// <param name="timeout">How long the connection waits for anything.</param>
    /// <param name="remarked">Called with a sentence where the server is right but unusual.</param>
    public Conversation Connect(TimeSpan timeout, Action<string>? remarked = null)
    {
        while (true)
        {
            try
            {
                var peer = new Conversation(UnixSocket.Connect(options.SocketPath, null, timeout), timeout) { Remarked = remarked };
                _hasHadClient = true;
                return peer;
            }
            catch (VfioException refused) when (refused.Errno == Errno.ECONNREFUSED && _process is { HasExited: false } && _sinceStart.Elapsed < options.StartTimeout)
            {
                Thread.Sleep(Pause);
            }
        }
    }

    /// <summary>Whether a server that this object started has ended, or is about to, and says by its exit code that this is right.</summary>
    public bool HasEndedProperly() => _process is not null && _process.WaitForExit(Farewell) && !HasFailed();

    /// <summary>Looks whether a new client is served.</summary>
    /// <returns>What is wrong; null where nothing is, which a server that ended properly with its client is, too, where it can be started again.</returns>
    public ServerFault? FindFault()
    {
        AwaitEnd();
        if (HasEnded(out var fault))
            return fault;
        try
        {
            using var peer = Connect(options.Timeout);
            peer.Negotiate();
            peer.Accept(VfioUserCommand.DeviceGetInfo, Requests.DeviceInfo());
            return null;
        }
        catch (Exception failure) when (failure is CaseFailedException or VfioException)
        {
            // One that ends with its client has had its time for that.
            if (_process is not null && _process.WaitForExit(_endsWithItsClient ? Pause : Farewell) && HasEnded(out fault))
                return fault;
            if (options.Command is null)
                return new ServerFault($"no new client is served: {failure.Message}", IsFinal: true);
            // A server that hangs is of no use to the next case.
            Forget();
            return new ServerFault($"no new client is served: {failure.Message}", IsFinal: false);
        }
    }

    public void Dispose() => Forget();

    private bool HasEnded(out ServerFault? fault)
    {
        fault = null;
        if (_process is not { HasExited: true })
            return false;
        if (HasFailed())
            fault = new ServerFault($"the server ended with {_process.End}.", IsFinal: false);
        return true;
    }

    private bool HasFailed()
    {
        if (_process!.ExitCode != 0)
            return true;
        _endsWithItsClient = true;
        return false;
    }

    // One that ends with its client takes a moment for it, in which it still accepts another whom it will not serve.
    private bool AwaitEnd() => _endsWithItsClient && _hasHadClient && _process is not null && _process.WaitForExit(Farewell);

    private void Forget()
    {
        _process?.Dispose();
        _process = null;
    }

    private VfioException Failed(string advice) => new($"start the server with '{options.Command}'", null, Errno.None, advice);
}

/// <summary>Something that a server did in the end.</summary>
/// <param name="Sentence">What.</param>
/// <param name="IsFinal">Whether no further case can be run.</param>
internal sealed record ServerFault(string Sentence, bool IsFinal);
