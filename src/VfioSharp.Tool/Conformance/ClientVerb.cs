using System.CommandLine;
using VfioSharp.Conformance;
using VfioSharp.Tool.Manual;

namespace VfioSharp.Tool.Conformance;

/// <summary>`vfio conformance client`.</summary>
internal static class ClientVerb
{
    public static Command Create(ToolHost host)
    {
        var options = new SuiteOptions(
            ClientSuite.AllCases, "Start the client with this for each case; {socket} stands for the path", TimeSpan.FromSeconds(10));
        var verb = new VerbCommand("client", "Judge a client by a scripted server", """
            Listens at the path, plays a PCI device with a BAR of shared memory, one that is trapped and four MSI-X
            vectors, and does one thing otherwise for each connection. A client uses the device, or gives up: each case
            says which is right. None may crash it, or keep it waiting for longer than --timeout.

            --command starts the client for each case. Its exit code tells whether it could use the device; one that
            goes on running is ended once it has used the device and been quiet for a second. Without --command, start
            the client anew for each case yourself: it is judged by what it sends.

            The results are printed as TAP version 14 as they come, or in the end as JSON.
            Exit code 1: a case failed that binds clients.

            Examples:
              vfio conformance client --socket /tmp/c --command 'vfio probe vfio-user:{socket}'
              vfio conformance client --socket /tmp/c --filter conduct --command \
                'qemu-system-x86_64 -S -display none -M q35 -device {"driver":"vfio-user-pci",...}'
              vfio conformance client --list
            """);
        options.AddTo(verb);
        verb.SetVerb((parsed, cancellation) => options.Run(
            host,
            parsed,
            "client",
            () => new ClientSuite(new ClientSuiteOptions
            {
                SocketPath = options.Socket(parsed),
                Command = options.Command(parsed),
                Timeout = options.Timeout(parsed),
            }),
            cancellation));
        return verb;
    }
}
