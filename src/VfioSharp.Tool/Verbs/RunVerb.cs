using System.CommandLine;
using System.Globalization;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Reports;
using VfioSharp.Tool.Reports.Scripting;
using VfioSharp.Tool.Scripts;
using VfioSharp.Tool.Zpci;

namespace VfioSharp.Tool.Verbs;

/// <summary>`vfio zpci run`.</summary>
internal static class RunVerb
{
    private const string StandardInput = "-";
    private const string ZpciScheme = "zpci";

    public static Command Create(ToolHost host)
    {
        var opening = new DeviceOpening(host, DeviceArgument.CreateTarget());
        var script = new Argument<string>("SCRIPT") { Description = "The file with the steps, or - for standard input" };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var verb = new VerbCommand("run", "Play a script of accesses, and print what each step came to", $"""
            TARGET is HOST/FUNCTION, a function of a modelled host, or any DEVICE of the other verbs. One script that
            keeps to the steps of any device can be played on both, and the outputs compared.

            A step is a line; # begins a comment; NAME = before a step names the mapping that it makes, and NAME or
            NAME+NUMBER is then an ADDRESS. Numbers are as everywhere, widths in bits, lengths in bytes; BYTES are two
            hexadecimal digits each, in the order of their addresses. The whole script is read before anything is
            played; a step that fails does not end it, and one that lacks its mapping is skipped.

            On any device, through the library as a driver uses it:
            {Describe(DeviceVerbs.All)}
            {Describe(ModelledHosts.Verbs, "On a modelled host also, each one system call or instruction of a program:")}
            {ModelledHosts.Manual}
            Examples:
              printf 'm = mmap bar0\nread m 8\n' | vfio zpci run linux-7.2,nomio/nvme -
              vfio zpci run linux-7.2,mio/ism script.txt --json
              vfio zpci run 0001:00:00.0 script.txt
            """);
        opening.AddArgumentTo(verb);
        verb.Add(script);
        verb.Add(json);
        opening.AddOptionsTo(verb);
        verb.SetVerb((parsed, cancellation) =>
        {
            var address = opening.AddressOf(parsed);
            var isModelled = address.Scheme == ZpciScheme;
            var steps = Read(parsed.GetRequiredValue(script), host, isModelled);
            using var target = isModelled ? ModelledHosts.Open(address) : new ScriptTarget(() => opening.Open(parsed));
            var reports = new List<StepReport>();
            foreach (var step in steps)
            {
                cancellation.ThrowIfCancellationRequested();
                var result = step.Play(target);
                if (parsed.GetValue(json))
                    reports.Add(StepReport.Of(step, result));
                else
                    Write(host.Output, step, result);
            }

            if (parsed.GetValue(json))
                host.Output.WriteLine(ReportJson.Serialize(reports));
        });
        return verb;
    }

    private static IReadOnlyList<ScriptStep> Read(string file, ToolHost host, bool isModelled)
    {
        IReadOnlyList<ScriptVerb> verbs = isModelled ? [.. DeviceVerbs.All, .. ModelledHosts.Verbs] : DeviceVerbs.All;
        using var reader = file == StandardInput ? null : OpenFile(file);
        return ScriptText.Read(reader ?? host.Input, verbs, Elsewhere);
    }

    private static string? Elsewhere(string verb) => ModelledHosts.Verbs.Any(other => other.Name == verb)
        ? $"'{verb}' can be played on a modelled host alone"
        : null;

    private static StreamReader OpenFile(string file)
    {
        try
        {
            return new StreamReader(file);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new VfioException($"read the script '{file}'", null, Errno.None, refusal.Message, refusal);
        }
    }

    private static void Write(TextWriter output, ScriptStep step, StepResult result)
    {
        output.WriteLine($"{step.Text}: {result.Text}");
        foreach (var line in result.Lines)
            output.WriteLine($"    {line}");
    }

    private static string Describe(IReadOnlyList<ScriptVerb> verbs, string? heading = null)
    {
        if (verbs.Count == 0)
            return string.Empty;
        var lines = verbs.Select(verb => string.Create(CultureInfo.InvariantCulture, $"  {$"{verb.Name} {verb.Usage}".TrimEnd()}\n      {verb.Meaning}\n"));
        return (heading is null ? string.Empty : heading + "\n") + string.Concat(lines);
    }
}
