using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using VfioSharp.Tool.Manual;

namespace VfioSharp.Tool.Serving;

/// <summary>`vfio serve`.</summary>
internal static class ServeVerb
{
    // Its braces are not those of an interpolated string.
    private const string QemuDevice = """-device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"PATH"}}'""";

    public static Command Create(ToolHost host)
    {
        var function = new Argument<string[]>("FUNCTION")
        {
            Description = "NAME[,OPTION=VALUE]... of a function; or FUNCTION@PATH for each of several",
            Arity = ArgumentArity.OneOrMore,
        };
        var socket = new Option<string?>("--socket") { Description = "Where clients find it: the path of the socket to make", HelpName = "PATH" };
        var descriptor = CreateDescriptor();
        var once = new Option<bool>("--once") { Description = "End when the first client is gone" };
        var untilInputEnds = new Option<bool>("--until-stdin-ends") { Description = "End when standard input ends, as it does when the caller dies" };
        var json = new Option<bool>("--json") { Description = "Print the line that says that it is ready as JSON" };
        var verbose = new Option<bool>("--verbose") { Description = "Say on standard error which clients come and go, and what they are refused" };
        var limits = new ServeLimits();
        var verb = new VerbCommand("serve", "Serve an emulated PCI function over vfio-user: to QEMU, or to a program with this library", $"""
            Makes the socket, prints one line when clients may come, and serves them one after another. The function is
            reset between two of them. A socket that a killed server left behind is replaced; one at which somebody
            listens is not. Whoever can connect can drive the function: the mode of the socket's folder decides who that is.

            It runs until it is told to end, by Ctrl-C or SIGTERM or as --once and --until-stdin-ends say. Then it removes
            the socket and returns 0, since that is how a server ends.

            The functions:
            {FunctionManual.Text}
            A client opens it as vfio-user:PATH, wherever a verb takes a DEVICE. QEMU has to give the guest memory that can
            be shared, and takes the function from version 10.1 on:
              -object memory-backend-memfd,id=mem,size=512M,share=on -machine memory-backend=mem
              {QemuDevice}
            Other memory the function reaches by messages, which QEMU answers properly from version 11.1 on.

            What goes beyond a limit is refused with an error number, and an overlong message ends its connection. Nothing
            that a client sends ends the server.

            Examples:
              vfio serve scratch --socket /run/user/1000/scratch.sock
              vfio serve edu,msix=off --socket edu.sock --verbose
              vfio serve edu@/tmp/edu.sock scratch@/tmp/scratch.sock
            """)
        {
            function,
            socket,
            descriptor,
            once,
            untilInputEnds,
            json,
            verbose,
        };
        limits.AddTo(verb);
        verb.SetVerb((parsed, cancellation) =>
        {
            var targets = ServeTarget.Read(parsed.GetRequiredValue(function), parsed.GetValue(socket), parsed.GetValue(descriptor));
            var minimum = parsed.GetValue(verbose) ? LogLevel.Debug : LogLevel.Warning;
            using var session = new ServeSession();
            var functions = targets
                .Select(target => session.Add(target, target.Create(), limits.Read(parsed, new ServeLog(host.Error, target.Function, minimum), parsed.GetValue(once))))
                .ToArray();
            var ready = new ReadyReport(Environment.ProcessId, functions);
            host.Output.WriteLine(parsed.GetValue(json) ? ready.ToJson() : ready.ToText());
            host.Output.Flush();
            AwaitEnd(session, parsed.GetValue(untilInputEnds) ? host.Input : null, cancellation);
        });
        return verb;
    }

    private static Option<int?> CreateDescriptor() => new("--fd")
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
        while (input.Read(ignored, 0, ignored.Length) > 0)
        {
        }

        ended.TrySetResult();
    }
}
