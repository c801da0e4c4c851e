using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using VfioSharp.Tool.Serving;

namespace VfioSharp.Tool.Manual;

/// <summary>The usual help, then the manual of the command at hand.</summary>
internal sealed class ManualHelpAction : SynchronousCommandLineAction
{
    private const int Width = 100;

    private static readonly string RootManual = $"""
        DEVICE is a PCI address such as 0000:01:00.0, or 01:00.0 in domain 0. A device has to belong to
        vfio-pci before it can be opened: `vfio bind 0000:01:00.0` does that. vfio-user:PATH is a function
        that another process serves at a socket. Numbers are decimal, or hexadecimal with 0x; digits may be
        grouped with _.
        {EmulatedFunctions.FirstSteps}
        First steps:
          vfio list                                  which functions there are, who holds them
          sudo vfio bind 0000:01:00.0                hand one to vfio-pci
          sudo vfio probe 0000:01:00.0               what it has, and how its registers are reached
          sudo vfio read 0000:01:00.0 bar0 0x0       read a register
          sudo vfio bench 0000:01:00.0 bar0 0x0      how long a read takes on each path
          sudo vfio unbind 0000:01:00.0              give it back to its driver

        Exit codes:
          0  done
          1  the device or the kernel said no; one sentence on standard error says why and what to do
          2  the command line is wrong
          130, 143  interrupted by Ctrl-C, ended by SIGTERM; a second one does not wait. A server returns 0 then.

        Environment:
          VFIO_TRACE=1  with an error, also show where in the program it arose
          COLUMNS       the width of reports in a pipe or a file (default 120; `vfio list` has no limit)
          NO_COLOR      no colours on a terminal
        """;

    private readonly HelpAction _usual;

    public ManualHelpAction(HelpAction usual)
    {
        _usual = usual;
        _usual.MaxWidth = Width;
    }

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        _usual.Invoke(parseResult);
        var manual = parseResult.CommandResult.Command switch
        {
            VerbCommand verb => verb.Manual,
            RootCommand => RootManual,
            _ => null,
        };
        if (manual is not null)
            parseResult.InvocationConfiguration.Output.WriteLine(manual);
        return ExitCode.Done;
    }
}
