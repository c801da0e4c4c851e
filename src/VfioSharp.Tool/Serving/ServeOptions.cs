using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using VfioSharp.Emulation;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.Tool.Serving;

/// <summary>The options that all of serving has: where, for how long, for whom.</summary>
internal sealed class ServeOptions
{
    private readonly ToolHost _host;

    private readonly Option<string?> _socket = new("--socket")
    {
        Description = "Where clients find it: the path of the socket to make; of a folder, cntrl in it",
        HelpName = "PATH",
    };

    private readonly Option<int?> _descriptor = new("--fd")
    {
        Description = "Instead of --socket: a connected socket that the caller left open for this process",
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return number;
            result.AddError($"--fd is the number of a descriptor, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    private readonly Option<bool> _once = new("--once") { Description = "End when the first client is gone" };
    private readonly Option<bool> _untilInputEnds = new("--until-stdin-ends")
    {
        Description = "End when standard input ends, as it does when the caller dies",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the line that says that it is ready as JSON" };

    private readonly Option<bool> _verbose = new("--verbose")
    {
        Description = "Say on standard error which clients come and go, and what they are refused",
    };

    private readonly ServeLimits _limits = new();

    public ServeOptions(ToolHost host) => _host = host;

    /// <summary>Adds them to a verb and to those below it.</summary>
    public void AddTo(Command verb)
    {
        foreach (var option in new Option[] { _socket, _descriptor, _once, _untilInputEnds, _json, _verbose })
            verb.Add(option);
        _limits.AddTo(verb);
        foreach (var option in verb.Options)
            option.Recursive = true;
    }

    /// <summary>The socket that the command line names, or null.</summary>
    public string? SocketOf(ParseResult parsed) => parsed.GetValue(_socket);

    /// <summary>The descriptor that the command line names, or null.</summary>
    public int? DescriptorOf(ParseResult parsed) => parsed.GetValue(_descriptor);

    /// <summary>Serves functions until it is told to end, or their clients are gone.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="targets">Where, and what makes each of the functions.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="VfioException">A function cannot be made or served.</exception>
    public void Serve(ParseResult parsed, IReadOnlyList<(ServeTarget Target, Func<PciFunction> Create)> targets, CancellationToken cancellation)
    {
        using var session = new ServeSession();
        var functions = targets.Select(target => session.Add(target.Target, target.Create(), ReadLimits(parsed, target.Target))).ToArray();
        var ready = new ReadyReport(Environment.ProcessId, functions);
        _host.Output.WriteLine(parsed.GetValue(_json) ? ready.ToJson() : ready.ToText());
        _host.Output.Flush();
        AwaitEnd(session, parsed.GetValue(_untilInputEnds) ? _host.Input : null, cancellation);
        session.Complete();
    }

    private VfioUserServerOptions ReadLimits(ParseResult parsed, ServeTarget target)
    {
        var minimum = parsed.GetValue(_verbose) ? LogLevel.Debug : LogLevel.Warning;
        return _limits.Read(parsed, new ServeLog(_host.Error, target.Function, minimum), parsed.GetValue(_once));
    }

    // Being told to end is no interruption of a server: nothing is thrown.
    private static void AwaitEnd(ServeSession session, TextReader? input, CancellationToken cancellation)
    {
        var told = new TaskCompletionSource();
        using var cancelled = cancellation.Register(() => told.TrySetResult());
        if (input is not null)
        {
            // It may be blocked in a read for as long as the process lives.
            var reading = new Thread(() => ReadToEnd(input, told)) { IsBackground = true, Name = "standard input" };
            reading.Start();
        }

        Task.WhenAny(told.Task, session.Completion).GetAwaiter().GetResult().GetAwaiter().GetResult();
    }

    private static void ReadToEnd(TextReader input, TaskCompletionSource ended)
    {
        var ignored = new char[256];
        try
        {
            while (input.Read(ignored, 0, ignored.Length) > 0)
            {
            }
        }
        catch (IOException)
        {
            // A terminal that is gone: what cannot be read any more has ended as well.
        }

        ended.TrySetResult();
    }
}
