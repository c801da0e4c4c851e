using System.Text.RegularExpressions;

namespace VfioSharp.Guest.Tests.Mio;

/// <summary>
/// The recorded lines whose answer is not the kernel's, but rests on a guess about the architecture: the recording's machine was taught the
/// instructions, and so is ours. They agree as long as both guess alike, and say nothing about hardware.
/// </summary>
internal static class GuessedRows
{
    private const string Mio = "mio-linux-7.2";
    private const string NoMio = "mio-machine-pci-nomio-linux-7.2";

    /// <summary>The recording, the lines, and the guess's number in guest/qemu-mio/GUESSES.md. The first that matches counts.</summary>
    public static readonly IReadOnlyList<(string File, Regex Row, int Guess)> All =
    [
        // No MIO address: an addressing exception.
        (Mio, new("^mt pci.* (anon RAM .*|own code|dst RAM): SIGILL si_code=3 "), 1),
        // The instructions switched off: an operation exception.
        (NoMio, new("^mt pci.*: SIGILL si_code=1 "), 2),
        (Mio, new("^mt pcilgi odd R2: "), 6),
        // Across a doubleword's end.
        (Mio, new(@"^mt pcilgi off([1-7] len8|[567] len4|7 len2|\d+ len\d \(page cross\)): SIGILL si_code=2 "), 4),
        (Mio, new(@"^mt pcistgi .*\(crosses 8\): SIGILL si_code=2 "), 4),
        // What the length register means, and what the function refuses.
        (Mio, new("^mt pcilgi len "), 3),
        (Mio, new(@"^mt pci(lgi off\d len\d|stgi ASQ\+1 len4): SIGILL si_code=2 "), 3),
        (Mio, new("^mt pcistbi (len|dst unaligned|src unaligned|page cross).*: SIGILL si_code=2 "), 5),
        // What an access that failed leaves in the registers.
        (Mio, new("^mt pci.* fault window cc.* (value=0x5a|status=0)"), 7),
        (Mio, new("^sysfs .* resource 0xffffc"), 9),
        (Mio, new("^mt plain .*: SIGILL si_code=3 "), 10),
        (Mio, new("^mt pciwb: "), 11),
    ];

    /// <summary>The guess that a recorded line rests on, or null.</summary>
    public static int? GuessOf(string file, string recorded)
    {
        foreach (var (guessedFile, row, guess) in All)
        {
            if (guessedFile == file && row.IsMatch(recorded))
                return guess;
        }

        return null;
    }
}
