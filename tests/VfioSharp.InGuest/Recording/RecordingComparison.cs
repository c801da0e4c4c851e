using System.Globalization;
using System.Text.RegularExpressions;

namespace VfioSharp.InGuest.Recording;

/// <summary>This kernel's answers to the questions of a recording, next to the recorded ones.</summary>
internal static class RecordingComparison
{
    // Where the machine has put things, and which function of several it is: no two machines with other devices agree there.
    private static readonly (Regex Field, string Replacement)[] OfTheMachine =
    [
        (new(@" (uid|fid|fh|pchid)=0x[0-9a-f]+"), ""),
        (new("resource (?<start>0x[1-9][0-9a-f]*) (?<end>0x[0-9a-f]+) "), "resource of one BAR "),
    ];

    // How answers of kernels begin that are newer than those of the recordings; what follows has to be the same.
    private static readonly (string Recorded, string Newer, string Reason)[] Explained =
    [
        ("irq 3 ret=-1 count=0 flags=0x0", "irq 3 ret=0 count=1 flags=0x9", "the error event came to functions without PCI Express in Linux 7.3"),
        ("ZPCI_BASE v2 ", "ZPCI_BASE v3 ", "with it came what the kernel tells of an error of zPCI, whose length stands at the capability's end"),
    ];

    /// <summary>
    /// Prints "-" and the recorded line, "+" and this kernel's, for each that differs, and then "ADDRESS: N questions, N different".
    /// </summary>
    public static void Print(string address, string file, TextWriter output)
    {
        var (asked, different) = (0, 0);
        using var questions = new RecordedQuestions(address);
        foreach (var (recorded, here) in questions.Ask(File.ReadLines(file)))
        {
            asked++;
            if (here is not null && (WithoutMachine(recorded) == WithoutMachine(here) || IsExplained(recorded, here)))
                continue;
            different++;
            output.WriteLine("- " + recorded);
            output.WriteLine("+ " + (here ?? "(no such question here)"));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{address}: {asked} questions, {different} different"));
    }

    private static bool IsExplained(string recorded, string here) => Explained.Any(known =>
        recorded.StartsWith(known.Recorded, StringComparison.Ordinal)
        && WithoutMachine(known.Newer + recorded[known.Recorded.Length..]) == WithoutMachine(here));

    private static string WithoutMachine(string line) => OfTheMachine.Aggregate(line, (text, field) => field.Field.Replace(text, field.Replacement));
}
