using System.Diagnostics;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Client;

/// <summary>Runs a client once against a scripted server, and says what came of it.</summary>
internal sealed class ClientRun(UnixListener listener, ClientSuiteOptions options)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits for the client, serves it, and waits for its end.</summary>
    /// <exception cref="VfioException">This process has no descriptor left.</exception>
    public ClientRecord Run(Script script)
    {
        while (listener.Accept(TimeSpan.Zero) is { } late)
            late.Dispose();
        using var client = options.Command is null ? null : ShellCommand.Start(options.Command, options.SocketPath);
        using var socket = Accept(client);
        if (socket is null)
            return Absent(client);
        using var device = new ScriptedDevice();
        script.Prepare?.Invoke(device);
        using var server = new ScriptedServer(socket, device, script);
        server.Serve(options.Settle, options.Timeout, () => client is { HasExited: true });
        Judge(server.Record, client);
        return server.Record;
    }

    private UnixSocket? Accept(ShellCommand? client)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < (client is null ? options.Timeout : options.StartTimeout))
        {
            if (listener.Accept(Step) is { } socket)
                return socket;
            if (client is { HasExited: true })
                return listener.Accept(TimeSpan.Zero);
        }

        return null;
    }

    private static ClientRecord Absent(ShellCommand? client) => new()
    {
        Verdict = client is { HasExited: true, WasKilled: true } ? ClientVerdict.Crashed : ClientVerdict.Absent,
        Story = client is { HasExited: true }
            ? $"the client ended with {client.End} and never connected{Said(client)}"
            : "no client connected in time",
    };

    private void Judge(ClientRecord record, ShellCommand? client)
    {
        // A client that has left the connection is about to end.
        if (client is not null && record.HasEnded)
            client.WaitForExit(options.Timeout);
        if (client is { HasExited: true })
        {
            record.Verdict = client.WasKilled ? ClientVerdict.Crashed : client.ExitCode == 0 && record.HasUsedDevice ? ClientVerdict.Attached : ClientVerdict.Refused;
            record.Story = $"the client ended with {client.End}{Said(client)}";
        }
        else if (record.HasEnded)
        {
            // Without a process that says how it ended, one that has used the device and leaves is as good as attached.
            record.Verdict = client is null && record.HasUsedDevice ? ClientVerdict.Attached : ClientVerdict.Refused;
            record.Story = "the client ended the connection";
        }
        else
        {
            record.Verdict = record.HasUsedDevice ? ClientVerdict.Attached : ClientVerdict.Hung;
            record.Story = record.HasUsedDevice ? "the client uses the device" : $"the client neither uses the device nor gives up within {options.Timeout.TotalSeconds:0.###} s";
        }
    }

    private static string Said(ShellCommand client) => client.LastLine is { } line ? $", saying: {line}" : string.Empty;
}
