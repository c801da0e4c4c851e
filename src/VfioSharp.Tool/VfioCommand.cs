using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Verbs;

namespace VfioSharp.Tool;

/// <summary>The command `vfio`: its verbs, and what becomes of an error.</summary>
internal static class VfioCommand
{
    /// <summary>Runs the command.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, ToolHost host)
    {
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
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Description = "Show this text; after a verb, the verb's manual";
        help.Action = new ManualHelpAction((HelpAction)help.Action!);
        root.Options.OfType<VersionOption>().Single().Description = "Show the version";
        return root;
    }

    private static string Explain(ParseResult parsed)
    {
        // "Required command was not provided" is what is said, too, of a verb that does not exist.
        var unknown = parsed.CommandResult.Command is RootCommand && parsed.UnmatchedTokens is [var first, ..] ? first : null;
        var sentence = unknown switch
        {
            null when parsed.CommandResult.Command is RootCommand && parsed.Tokens.Count == 0 => "Say what to do.",
            null => parsed.Errors[0].Message,
            _ => $"There is no verb '{Printable(unknown)}'.",
        };
        var verb = parsed.CommandResult.Command is RootCommand ? string.Empty : parsed.CommandResult.Command.Name + " ";
        return $"{Printable(sentence)} See `vfio {verb}--help`.";
    }

    // One line, whatever an exception's text or an argument holds.
    private static string Sentence(Exception failure)
    {
        var sentence = Printable(failure.Message);
        return failure is VfioException or CommandLineException ? sentence : $"unexpected failure: {sentence}";
    }

    private static string Printable(string text) => string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));
}
