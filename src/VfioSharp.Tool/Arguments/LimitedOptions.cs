using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace VfioSharp.Tool.Arguments;

/// <summary>Options whose value lies between two bounds.</summary>
internal static class LimitedOptions
{
    /// <summary>A number.</summary>
    public static Option<int> Number(string name, string description, int minimum, int maximum, int usual) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            if (NumberText.TryParse(Word(result), out var value) && value >= (ulong)minimum && value <= (ulong)maximum)
                return (int)value;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is a number from {minimum} to {maximum}, not '{Word(result)}'."));
            return usual;
        },
    };

    /// <summary>One of some numbers; the first one where none is given.</summary>
    public static Option<int> OneOf(string name, string description, params int[] choices) => new(name)
    {
        Description = description,
        HelpName = string.Join("|", choices),
        DefaultValueFactory = _ => choices[0],
        CustomParser = result =>
        {
            if (NumberText.TryParse(Word(result), out var value) && value <= int.MaxValue && choices.Contains((int)value))
                return (int)value;
            result.AddError($"{name} is {string.Join(" or ", choices)}, not '{Word(result)}'.");
            return choices[0];
        },
    };

    /// <summary>A size; null where it is not given.</summary>
    public static Option<ulong?> Size(string name, string description, ulong minimum, ulong maximum) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result => ParseSize(result, name, minimum, maximum),
    };

    /// <summary>A size that has a usual value.</summary>
    public static Option<ulong> Size(string name, string description, ulong minimum, ulong maximum, ulong usual) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        DefaultValueFactory = _ => usual,
        CustomParser = result => ParseSize(result, name, minimum, maximum) ?? usual,
    };

    /// <summary>A number of seconds, with a fraction or without.</summary>
    public static Option<double> Seconds(string name, string description, double minimum, double maximum, double usual) => new(name)
    {
        Description = description,
        HelpName = "SECONDS",
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            if (double.TryParse(Word(result), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
                && seconds >= minimum && seconds <= maximum)
            {
                return seconds;
            }

            result.AddError(string.Create(
                CultureInfo.InvariantCulture, $"{name} is a number of seconds from {minimum:0.######} to {maximum}, not '{Word(result)}'."));
            return usual;
        },
    };

    /// <summary>One of some words, each of which stands for a value; the first one where none is given.</summary>
    public static Option<T> Choice<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct, Enum
    {
        return new Option<T>(name)
        {
            Description = $"{description} (default: {choices[0].Word})",
            HelpName = string.Join("|", choices.Select(choice => choice.Word)),
            CustomParser = Parse,
        };

        T Parse(ArgumentResult result)
        {
            foreach (var choice in choices)
            {
                if (choice.Word == Word(result))
                    return choice.Value;
            }

            result.AddError($"{name} is {string.Join(" or ", choices.Select(choice => choice.Word))}, not '{Word(result)}'.");
            return choices[0].Value;
        }
    }

    private static ulong? ParseSize(ArgumentResult result, string name, ulong minimum, ulong maximum)
    {
        if (!SizeText.TryParse(Word(result), out var bytes))
            result.AddError($"{name} is a size ({SizeText.Forms}), not '{Word(result)}'.");
        else if (bytes < minimum || bytes > maximum)
            result.AddError($"{name} is a size from {SizeText.Spell(minimum)} to {SizeText.Spell(maximum)}, not '{Word(result)}'.");
        else
            return bytes;
        return null;
    }

    private static string Word(ArgumentResult result) => result.Tokens[0].Value;
}
