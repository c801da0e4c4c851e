using System.Text;
using VfioSharp.Emulation.Functions;

namespace VfioSharp.Tool.Serving;

/// <summary>What the manual says of the functions that come with the library.</summary>
internal static class FunctionManual
{
    private const int Width = 100;
    private const string Indentation = "      ";
    private const string ContinuationIndentation = "            ";

    public static string Text { get; } = Write();

    private static string Write()
    {
        var text = new StringBuilder();
        foreach (var function in StockFunctions.All)
        {
            Append(text, $"  {function.Name,-9} {function.Description}");
            foreach (var option in function.Options)
                Append(text, $"{Indentation}{option.Name}={option.Values}{DefaultOf(option)}: {option.Description}");
        }

        return text.ToString();
    }

    private static string DefaultOf(StockFunctionOption option) => option.Default.Length == 0 ? string.Empty : $", default {option.Default}";

    // Breaks a line at blanks where it is too long.
    private static void Append(StringBuilder text, string line)
    {
        while (line.Length > Width && line.LastIndexOf(' ', Width) is var end && end > ContinuationIndentation.Length)
        {
            text.Append(line, 0, end).Append('\n');
            line = ContinuationIndentation + line[(end + 1)..];
        }

        text.Append(line).Append('\n');
    }
}
