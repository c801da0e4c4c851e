using System.Globalization;
using Spectre.Console;
using VfioSharp.Backends.Linux;

namespace VfioSharp.Tool;

/// <summary>What the command is run with: where it prints, which machine it looks at and how it opens a device. Tests give their own.</summary>
internal sealed partial class ToolHost
{
    private const int WidthOfRedirectedOutput = 120;
    private const int MinimumWidth = 80;

    public required TextWriter Output { get; init; }

    /// <summary>Where a verb reads that is told to read standard input.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    public required TextWriter Error { get; init; }

    /// <summary>Standard input as bytes, for a verb that takes data there. The caller of the function owns the stream.</summary>
    public Func<Stream> OpenInput { get; init; } = static () => Stream.Null;

    /// <summary>Standard output as bytes, for a verb that puts data there. The caller of the function owns the stream.</summary>
    public Func<Stream> OpenOutput { get; init; } = static () => Stream.Null;

    /// <summary>Whether nobody can answer a question: the input is a file or a pipe.</summary>
    public bool IsInputRedirected { get; init; } = true;

    /// <summary>Whether errors go to a file or a pipe: then no progress is shown there.</summary>
    public bool IsErrorRedirected { get; init; } = true;

    /// <summary>Whether standard error, where it is a terminal, takes ANSI's control sequences.</summary>
    public AnsiSupport ErrorAnsi { get; init; } = AnsiSupport.Detect;

    /// <summary>Whether the output goes to a file or a pipe: then it has no colours, no box characters and a fixed width.</summary>
    public required bool IsOutputRedirected { get; init; }

    public required PciFunctions Functions { get; init; }

    /// <summary>The files that may hold the names of devices; the first that exists is read.</summary>
    public IReadOnlyList<string> PciIdsFiles { get; init; } = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"];

    public Func<DeviceAddress, VfioOptions, VfioDevice> OpenDevice { get; init; } = VfioDevice.Open;

    /// <summary>How wide reports in a file or a pipe are (COLUMNS), or null for their own widths.</summary>
    public int? Columns { get; init; }

    /// <summary>Whether errors are followed by where they arose (VFIO_TRACE=1).</summary>
    public bool ShowsTrace { get; init; }

    public static ToolHost ThisProcess() => new()
    {
        Output = Console.Out,
        Input = Console.In,
        Error = Console.Error,
        OpenInput = Console.OpenStandardInput,
        OpenOutput = Console.OpenStandardOutput,
        IsInputRedirected = Console.IsInputRedirected,
        IsOutputRedirected = Console.IsOutputRedirected,
        IsErrorRedirected = Console.IsErrorRedirected,
        Functions = new PciFunctions(),
        Columns = int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var columns) ? columns : null,
        ShowsTrace = Environment.GetEnvironmentVariable("VFIO_TRACE") == "1",
    };

    /// <summary>A console on <see cref="Output"/> for tables and charts.</summary>
    /// <param name="widthOfRedirectedOutput">How wide a line may be in a file or a pipe, where COLUMNS does not say so.</param>
    public IAnsiConsole CreateConsole(int widthOfRedirectedOutput = WidthOfRedirectedOutput)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = IsOutputRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(IsOutputRedirected ? new TrimmingWriter(Output) : Output),
        });
        if (IsOutputRedirected)
        {
            console.Profile.Capabilities.Unicode = false;
            console.Profile.Width = Columns is { } columns ? Math.Max(columns, MinimumWidth) : widthOfRedirectedOutput;
        }

        return console;
    }

    /// <summary>A console on <see cref="Error"/> for what is shown while something is under way.</summary>
    public IAnsiConsole CreateErrorConsole() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = ErrorAnsi,
        Interactive = InteractionSupport.Yes,
        Out = new AnsiConsoleOutput(Error),
    });
}
