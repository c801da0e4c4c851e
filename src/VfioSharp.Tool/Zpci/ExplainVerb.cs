using System.CommandLine;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Zpci.Explaining;
using VfioSharp.Zpci;

namespace VfioSharp.Tool.Zpci;

/// <summary>`vfio zpci explain`.</summary>
internal static class ExplainVerb
{
    public static Command Create(ToolHost host)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var markdown = new Option<bool>("--markdown") { Description = "Print a document in Markdown" };
        var kernel = new Option<string[]>("--kernel")
        {
            Description = "A kernel instead of the usual ones; may be given several times",
            HelpName = "VERSION",
        };
        var mode = new Option<string[]>("--mode")
        {
            Description = "One mode alone; may be given several times",
            HelpName = "nomio|mio|pci=off",
        };
        var situation = new Option<string?>("--situation") { Description = "The situations whose name contains this", HelpName = "TEXT" };
        var scripts = new Option<bool>("--scripts") { Description = "Print the script of each situation, ready for `vfio zpci run`" };
        var verb = new VerbCommand("explain", "What a driver sees in each situation, on each kernel and in each mode", $"""
            Each cell is computed: a machine with that kernel is booted in this process, and the situation's script is
            played on it. --scripts prints the scripts.

            A result is ok; an error number; "returns 1" to 3, a condition code that a system call passes on; "cc 1" and
            the status, an instruction's; a signal with its si_code. "no mapping (EINVAL)" means that the question does
            not arise. What the kernel writes to its log follows behind "log:".

            Each cell is marked with how it is known ("verified" in JSON):
              *    "real kernel": a kernel of that generation was seen to answer so
              +    "real kernel (emulated MIO)": it was, on an emulator that was taught the MIO instructions
                   (`guest/run s390x --mio`): what the kernel does is its own, the machine is not IBM's
              ?N   "derived": it rests on guess N about the machine ("guess" in JSON), whether a kernel was seen on
                   a machine that was taught the guess or not; the guesses are listed below the table
                   ({Guesses.Document} has the reasons)
                   "source": the others follow from the kernel's source

            Usual kernels are {string.Join(", ", ExplainTable.UsualKernels)}: before the fix of the system calls, with
            it, with mappings, with a driver for ISM, and the one that refuses ISM to generic vfio-pci.

            Examples:
              vfio zpci explain --situation ISM --mode mio
              vfio zpci explain --kernel 5.11 --kernel 6.8 --json
              vfio zpci explain --markdown
            """)
        {
            json,
            markdown,
            scripts,
            kernel,
            mode,
            situation,
        };
        verb.Validators.Add(result =>
        {
            if (new[] { json, markdown, scripts }.Count(option => result.GetValue(option)) > 1)
                result.AddError("--json, --markdown and --scripts exclude each other.");
            foreach (var version in result.GetValue(kernel) ?? [])
            {
                if (!ZpciHostDescription.TryParse($"linux-{version}", out _, out var reason))
                    result.AddError($"--kernel {version}: {reason}");
            }

            foreach (var name in result.GetValue(mode) ?? [])
            {
                if (!Modes.Any(other => Situation.NameOf(other) == name))
                    result.AddError($"--mode is nomio, mio or pci=off, not '{name}'.");
            }
        });
        verb.SetVerb((parsed, _) =>
        {
            var situations = Choose(parsed.GetValue(situation));
            var kernels = parsed.GetValue(kernel) is { Length: > 0 } asked ? asked.Distinct().ToArray() : ExplainTable.UsualKernels;
            var names = parsed.GetValue(mode);
            var modes = names is { Length: > 0 } ? Modes.Where(other => names.Contains(Situation.NameOf(other))).ToArray() : Modes;
            if (parsed.GetValue(scripts))
            {
                ExplainScripts.Write(host.Output, situations);
                return;
            }

            var cells = ExplainTable.Compute(situations, kernels, modes);
            if (parsed.GetValue(json))
                host.Output.WriteLine(ExplainJson.Serialize(cells));
            else if (parsed.GetValue(markdown))
                ExplainMarkdown.Write(host.Output, situations, kernels, cells);
            else
                ExplainText.Write(host, situations, kernels, cells);
        });
        return verb;
    }

    private static ZpciMode[] Modes { get; } = [ZpciMode.Nomio, ZpciMode.Mio, ZpciMode.Off];

    private static Situation[] Choose(string? text)
    {
        Situation[] chosen =
        [
            .. Situations.All.Where(situation => text is null
                || situation.Name.Contains(text, StringComparison.OrdinalIgnoreCase)
                || situation.Topic.Contains(text, StringComparison.OrdinalIgnoreCase)),
        ];
        return chosen.Length != 0 ? chosen : throw new CommandLineException($"No situation's name contains '{text}'. See `vfio zpci explain` for all.");
    }
}
