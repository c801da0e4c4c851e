using System.Globalization;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>The guesses that cells rest on, as a table lists them below itself.</summary>
internal static class Guesses
{
    /// <summary>Where all of them stand, with the reasons.</summary>
    public const string Document = "guest/qemu-mio/GUESSES.md";

    /// <summary>Those that cells rest on, by number.</summary>
    public static IEnumerable<ArchitectureGuess> Of(IReadOnlyList<ExplainedCell> cells) =>
        ArchitectureGuess.All.Where(guess => cells.Any(cell => cell.Guess == guess.Number));

    /// <summary>The number as text.</summary>
    public static string NumberOf(int guess) => guess.ToString(CultureInfo.InvariantCulture);
}
