using System.Globalization;

namespace VfioSharp.Emulation.Functions;

/// <summary>The options that a person gave for a stock function, with the defaults of the others.</summary>
internal sealed class StockFunctionSettings
{
    private const string Units = "KMGT";

    private readonly StockFunction _function;
    private readonly IReadOnlyDictionary<string, string>? _given;

    public StockFunctionSettings(StockFunction function, IReadOnlyDictionary<string, string>? given)
    {
        _function = function;
        _given = given;
        foreach (var name in given?.Keys ?? [])
        {
            if (!function.Options.Any(option => option.Name == name))
                throw new FormatException($"'{name}' is no option of {function.Name}; {Offer(function)}.");
        }
    }

    /// <summary>An option that is on or off.</summary>
    public bool IsOn(string name) => Find(name) switch
    {
        "on" => true,
        "off" => false,
        _ => throw Wrong(name),
    };

    /// <summary>An option that is a hexadecimal number, with 0x before it or without.</summary>
    public ulong Hexadecimal(string name, ulong most)
    {
        var text = Find(name).AsSpan();
        if (text.StartsWith("0x".AsSpan(), StringComparison.OrdinalIgnoreCase))
            text = text[2..];
        return ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) && number <= most ? number : throw Wrong(name);
    }

    /// <summary>An option that is a whole number.</summary>
    public int Number(string name, int least, int most) =>
        int.TryParse(Find(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Wrong(name);

    /// <summary>An option that is a number of bytes, with K, M, G or T behind it for powers of 1024; null where it is empty.</summary>
    public long? Size(string name)
    {
        var text = Find(name);
        if (text.Length == 0)
            return null;
        var shift = 10 * (Units.IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) + 1);
        var digits = shift == 0 ? text : text[..^1];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= long.MaxValue >> shift
            ? number << shift
            : throw Wrong(name);
    }

    /// <summary>An option that may be anything; null where it is empty.</summary>
    public string? Text(string name) => Find(name) is { Length: > 0 } text ? text : null;

    /// <summary>An option that is one of some words.</summary>
    public T OneOf<T>(string name, params (string Word, T Value)[] choices)
    {
        var word = Find(name);
        foreach (var choice in choices)
        {
            if (choice.Word == word)
                return choice.Value;
        }

        throw Wrong(name);
    }

    private static string Offer(StockFunction function) => function.Options.Count == 0
        ? "it has none"
        : $"it has {string.Join(", ", function.Options.Select(option => $"{option.Name}={option.Values}"))}";

    private string Find(string name) => _given is not null && _given.TryGetValue(name, out var value) ? value : Describe(name).Default;

    private StockFunctionOption Describe(string name) => _function.Options.First(option => option.Name == name);

    private FormatException Wrong(string name) =>
        new($"'{Find(name)}' is no value of the option {name} of {_function.Name}: write {name}={Describe(name).Values}.");
}
