using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.Tool.Zpci.Explaining;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Tool.Tests.Zpci;

/// <summary>The guesses about the machine are those of the emulator that was taught the MIO instructions, number by number.</summary>
public sealed class GuessTests
{
    private static readonly string Document = File.ReadAllText(Checkout.PathOf(Guesses.Document));

    [Fact]
    public void The_emulator_s_list_and_the_model_s_have_the_same_numbers()
    {
        var listed = Regex.Matches(Document, @"(?m)^\| (\d+) \|").Select(row => int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture));

        Assert.Equal(ArchitectureGuess.All.Select(guess => guess.Number), listed);
    }

    // A word of each that the other text cannot do without: numbers that were mixed up would show.
    [Theory]
    [InlineData(1, "addressing exception")]
    [InlineData(2, "control register 2")]
    [InlineData(3, "operand exception")]
    [InlineData(4, "crosses a doubleword")]
    [InlineData(5, "specification exception")]
    [InlineData(6, "odd R")]
    [InlineData(7, "data register")]
    [InlineData(8, "status 20")]
    [InlineData(9, "offset|2\\^45")]
    [InlineData(10, "load or store")]
    [InlineData(11, "PCIWB")]
    [InlineData(12, "ccess-register mode")]
    [InlineData(13, "in order")]
    public void Each_number_means_the_same_in_both(int number, string word)
    {
        var row = Regex.Match(Document, $@"(?m)^\| {number} \|.*$").Value;

        Assert.Matches(word, row);
        Assert.Matches(word.Replace("odd R", "odd r", StringComparison.Ordinal), ArchitectureGuess.All[number - 1].Sentence);
    }
}
