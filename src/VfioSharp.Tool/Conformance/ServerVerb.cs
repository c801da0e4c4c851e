using System.CommandLine;
using VfioSharp.Conformance;
using VfioSharp.Tool.Manual;

namespace VfioSharp.Tool.Conformance;

/// <summary>`vfio conformance server`.</summary>
internal static class ServerVerb
{
    public static Command Create(ToolHost host)
    {
        var options = new SuiteOptions(
            ServerSuite.AllCases, "Start the server with this whenever it does not run; {socket} stands for the path", TimeSpan.FromSeconds(5));
        var verb = new VerbCommand("server", "Run named cases against a server", """
            The server listens at the path already, or --command starts it, and starts it again where it ended. What
            the device offers is asked first; cases that need more are skipped. Each case has a connection of its own,
            and after each a new client must be served. A server that is gone makes what is left fail.

            The results are printed as TAP version 14 as they come, or in the end as JSON. A habit of other peers that
            the server does not share is a "not ok" with a TODO, and does not count.

            Exit code 1: a case failed that binds servers.

            Examples:
              vfio conformance server --socket /run/edu.sock
              vfio conformance server --socket /tmp/s --command 'vfio serve edu --socket {socket}'
              vfio conformance server --socket /tmp/s --filter negotiate --json
              vfio conformance server --list
            """);
        options.AddTo(verb);
        verb.SetVerb((parsed, cancellation) => options.Run(
            host,
            parsed,
            "server",
            () => new ServerSuite(new ServerSuiteOptions
            {
                SocketPath = options.Socket(parsed),
                Command = options.Command(parsed),
                Timeout = options.Timeout(parsed),
            }),
            cancellation));
        return verb;
    }
}
