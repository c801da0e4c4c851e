using System.Text.RegularExpressions;
using VfioSharp.Tool.Zpci.Explaining;
using VfioSharp.Zpci;

namespace VfioSharp.Tool.Tests.Zpci;

/// <summary>
/// A cell that says "real kernel" has a line of a recording behind it, and that line says the same; so has one that says "real kernel (emulated MIO)", of a
/// recording on a machine that was taught MIO. What was guessed is marked so all the same.
/// </summary>
public sealed class EvidenceTests
{
    private static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Recordings");

    public static TheoryData<string, string, string> Lines =>
        [.. Situations.All.SelectMany(situation => situation.Seen.Select(evidence => (situation.Name, evidence.Recording, evidence.Line)))];

    [Theory, MemberData(nameof(Lines))]
    public void The_recording_answers_what_the_cell_says(string name, string recording, string line)
    {
        var situation = Situations.All.Single(other => other.Name == name);
        var host = Recordings.HostOf(recording);

        var cell = Assert.Single(ExplainTable.Compute([situation], [host.Kernel.ToString()], [host.Mode]));

        Assert.Equal(Spell(LineOf(recording, line), line), cell.Result.Split("; log: ")[0]);
        // What rests on a guess stays derived: the recording shows the emulator that was taught the guess.
        var seen = host.Mode == ZpciMode.Mio ? "real kernel (emulated MIO)" : "real kernel";
        Assert.Equal(cell.Guess is null ? seen : "derived", cell.Verified);
    }

    [Fact]
    public void No_cell_of_another_generation_or_mode_is_said_to_be_seen()
    {
        var cells = ExplainTable.Compute(Situations.All, ["6.12", "6.15", "7.1"], [ZpciMode.Nomio, ZpciMode.Mio, ZpciMode.Off]);

        Assert.DoesNotContain(cells, cell => cell.Verified.StartsWith("real kernel", StringComparison.Ordinal));
    }

    [Fact]
    public void A_message_of_the_kernel_in_a_cell_is_in_the_recordings()
    {
        var messages = ExplainTable.Compute(Situations.All, ExplainTable.UsualKernels, [ZpciMode.Mio])
            .Where(cell => cell.Verified == "real kernel (emulated MIO)" && cell.Result.Contains("; log: ", StringComparison.Ordinal))
            .Select(cell => cell.Result.Split("; log: ")[1])
            .Distinct();
        var recorded = Directory.EnumerateFiles(Folder).SelectMany(File.ReadLines).Where(line => line.StartsWith('[')).ToArray();

        Assert.All(messages, message => Assert.Contains(recorded, line => line.Contains(message, StringComparison.Ordinal)));
    }

    private static string LineOf(string recording, string beginning) => recording.StartsWith(Recordings.InGuests, StringComparison.Ordinal)
        ? FirstLine(Checkout.PathOf($"tests/VfioSharp.Guest.Tests/Mio/Expectations/{recording[Recordings.InGuests.Length..]}.txt"), beginning)
        : FirstLine(Path.Combine(Folder, recording + ".txt"), "GOLD " + beginning)["GOLD ".Length..];

    private static string FirstLine(string file, string beginning) => File.ReadLines(file).First(line => line.StartsWith(beginning, StringComparison.Ordinal));

    // What a line says, in the words of a cell.
    private static string Spell(string text, string line)
    {
        if (Regex.Match(text, @"(SIG\w+|Illegal instruction|Bus error)(?:\(\d+\))? si_code=(\d)") is { Success: true } signal)
            return $"{Signal(signal.Groups[1].Value)} ({Code(signal.Groups[1].Value, signal.Groups[2].Value)})";
        if (Regex.Match(text, @"cc=(\d) status=(\d+)") is { Success: true } instruction)
            return instruction.Groups[1].Value == "0" ? "ok" : $"cc {instruction.Groups[1].Value}, status {instruction.Groups[2].Value}";
        if (Regex.Match(text, @"FAILED errno=(?<errno>\w+)| open: (?<errno>E\w+)|^mt mmap [^:]+:(?: flags=\S+)? (?<errno>E\w+)") is { Success: true } refusal)
            return refusal.Groups["errno"].Value;
        if (Regex.Match(text, @"ret=(-?\d+)(?: errno=| )(\S+)(?: data=([0-9a-f]+))?") is { Success: true } call && !line.StartsWith("region", StringComparison.Ordinal))
            return SpellCall(text, call);
        return Regex.Match(text, @"size=0x[0-9a-f]+ flags=0x([0-9a-f])") is { Success: true } region
            ? region.Groups[1].Value is "3" ? "READ, WRITE" : "READ, WRITE, MMAP"
            : Regex.IsMatch(text, @"\bok\b") ? "ok" : text;
    }

    private static string SpellCall(string text, Match call)
    {
        var result = long.Parse(call.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        if (result < 0)
            return call.Groups[2].Value;
        // A file's read or write returns how many bytes, the MMIO system calls a condition code.
        if (result > 0 && !text.Contains("pread", StringComparison.Ordinal) && !text.Contains("pwrite", StringComparison.Ordinal))
            return $"returns {result}";
        return call.Groups[3] is { Success: true, Value: var data } && data.All(digit => digit == 'f') ? "all ones, no error" : "ok";
    }

    private static string Signal(string name) => name switch { "Illegal instruction" => "SIGILL", "Bus error" => "SIGBUS", _ => name };

    private static string Code(string name, string code) => (Signal(name), code) switch
    {
        ("SIGILL", "1") => "ILL_ILLOPC",
        ("SIGILL", "2") => "ILL_ILLOPN",
        ("SIGILL", "3") => "ILL_ILLADR",
        ("SIGSEGV", "1") => "SEGV_MAPERR",
        ("SIGSEGV", "2") => "SEGV_ACCERR",
        ("SIGBUS", "2") => "BUS_ADRERR",
        _ => code,
    };
}
