using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.Tool.Zpci.Explaining;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Tool.Tests.Zpci;

/// <summary>The guesses about the machine are those of the emulator that was taught the MIO instructions, number by number.</summary>
public sealed class GuessTests
{
    // "1. **A name.** What is guessed", over several lines.
    private static readonly Dictionary<int, string> Listed = Regex
        .Matches(File.ReadAllText(Checkout.PathOf(Guesses.Document)), @"(?ms)^(\d+)\. (\*\*.*?)(?=^\d+\. |^#|\z)")
        .ToDictionary(item => int.Parse(item.Groups[1].Value, CultureInfo.InvariantCulture), item => Regex.Replace(item.Groups[2].Value, @"\s+", " "));

    [Fact]
    public void The_emulator_s_list_and_the_model_s_have_the_same_numbers() =>
        Assert.Equal(ArchitectureGuess.All.Select(guess => guess.Number), Listed.Keys);

    // A word of each that the other text cannot do without: numbers that were mixed up would show.
    [Theory]
    [InlineData(1, "addressing exception")]
    [InlineData(2, "control register 2")]
    [InlineData(3, "1, 2, 4 and 8")]
    [InlineData(4, "crosses a doubleword")]
    [InlineData(5, "specification exception")]
    [InlineData(6, "odd register")]
    [InlineData(7, "data register")]
    [InlineData(8, "status 20")]
    [InlineData(9, "offset|2\\^45")]
    [InlineData(10, "loads? (or|and) stores?")]
    [InlineData(11, "PCIWB")]
    [InlineData(12, "access-register mode")]
    [InlineData(13, "in order")]
    public void Each_number_means_the_same_in_both(int number, string word)
    {
        Assert.Matches("(?i)" + word, Listed[number]);
        Assert.Matches("(?i)" + word, ArchitectureGuess.All[number - 1].Sentence);
    }
}
