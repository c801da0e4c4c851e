using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using VfioSharp.Nvme;
using VfioSharp.Tool.Conformance;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Nvme;
using VfioSharp.Tool.Serving;
using VfioSharp.Tool.Verbs;
using VfioSharp.Tool.Zpci;

namespace VfioSharp.Tool;

/// <summary>The command `vfio`: its verbs, and what becomes of an error.</summary>
internal static class VfioCommand
{
    /// <summary>Runs the command.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, ToolHost host)
    {
        ModelledHosts.Register();
        using var interruption = new Interruption();
        try
        {
            var parsed = Create(host).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Action is ParseErrorAction)
                throw new CommandLineException(Explain(parsed));

            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = host.Output,
                Error = host.Error,
            };
            return await parsed.InvokeAsync(configuration, interruption.Token);
        }
        catch (OperationCanceledException)
        {
            host.Error.WriteLine("vfio: interrupted.");
            return interruption.ExitCode;
        }
        catch (Exception failure)
        {
            host.Error.WriteLine($"vfio: {Sentence(failure)}");
            if (host.ShowsTrace)
                host.Error.WriteLine(failure);
            return failure is CommandLineException ? ExitCode.WrongCommandLine : ExitCode.Refused;
        }
    }

    /// <summary>The whole tree of verbs.</summary>
    public static RootCommand Create(ToolHost host)
    {
        var root = new RootCommand("Looks at PCI functions through Linux VFIO and reaches their registers by the fastest way that the machine allows.")
        {
            ListVerb.Create(host),
            BindVerb.CreateBind(host),
            BindVerb.CreateUnbind(host),
            ProbeVerb.Create(host),
            ReadVerb.Create(host),
            WriteVerb.Create(host),
            DumpVerb.Create(host),
            BenchVerb.Create(host),
            NvmeVerb.Create(host),
            ZpciVerb.Create(host),
        };
        EmulatedFunctions.AddVerbs(root, host);
        ConformanceVerbs.AddTo(root, host);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Description = "Show this text; after a verb, the verb's manual";
        help.Action = new ManualHelpAction((HelpAction)help.Action!);
        root.Options.OfType<VersionOption>().Single().Description = "Show the version";
        return root;
    }

    private static string Explain(ParseResult parsed)
    {
        // "Required command was not provided" is what is said, too, of a verb that does not exist.
        var hasVerbs = parsed.CommandResult.Command is { Action: null, Subcommands.Count: not 0 };
        var unknown = hasVerbs && parsed.UnmatchedTokens is [var first, ..] ? first : null;
        var sentence = unknown switch
        {
            null when hasVerbs => "Say what to do.",
            null => parsed.Errors[0].Message,
            _ => $"There is no verb '{Printable(unknown)}'.",
        };
        return $"{Printable(sentence)} See `vfio {PathOf(parsed.CommandResult)}--help`.";
    }

    // "zpci run " for a verb below a verb.
    private static string PathOf(CommandResult result) => result.Command is RootCommand
        ? string.Empty
        : (result.Parent is CommandResult parent ? PathOf(parent) : string.Empty) + result.Command.Name + " ";

    // One line, whatever an exception's text or an argument holds.
    private static string Sentence(Exception failure)
    {
        var sentence = Printable(failure.Message);
        return failure is VfioException or NvmeException or CommandLineException ? sentence : $"unexpected failure: {sentence}";
    }

    private static string Printable(string text) => string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));
}
