using System.CommandLine;
using VfioSharp.Emulation;
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
        var options = new ServeOptions(host);
        var verb = new VerbCommand("serve", "Serve an emulated PCI function over vfio-user: to QEMU, or to a program with this library", $"""
            Makes the socket, prints one line when clients may come, and serves them one after another. The function is
            reset between two of them. A socket that a killed server left behind is replaced; one at which somebody
            listens is not. Where the path is that of a folder, the socket is cntrl in it, as SPDK has it. Whoever can
            connect can drive the function: the mode of the socket's folder decides who that is.

            It runs until it is told to end, by Ctrl-C or SIGTERM or as --once and --until-stdin-ends say. Then it removes
            the socket and returns 0, since that is how a server ends.

            The functions:
            {FunctionManual.Text}  `vfio serve nvme --help` tells of disk images, and what else that controller takes.

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
        };
        options.AddTo(verb);
        verb.Add(ServeNvmeVerb.Create(options));
        verb.SetVerb((parsed, cancellation) =>
        {
            var targets = ServeTarget.Read(parsed.GetRequiredValue(function), options.SocketOf(parsed), options.DescriptorOf(parsed));
            options.Serve(parsed, [.. targets.Select(target => (target, (Func<PciFunction>)target.Create))], cancellation);
        });
        return verb;
    }
}
