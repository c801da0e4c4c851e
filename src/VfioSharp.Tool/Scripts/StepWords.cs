using System.Globalization;
using VfioSharp.Tool.Arguments;

namespace VfioSharp.Tool.Scripts;

/// <summary>The words of one step, taken from the left. What is missing or wrong throws a sentence that names the line.</summary>
internal sealed class StepWords
{
    private readonly IReadOnlyList<string> _words;
    private readonly ISet<string> _names;
    private int _next;

    /// <param name="line">The line of the script, from 1.</param>
    /// <param name="words">The step's words, the verb among them as the first.</param>
    /// <param name="name">The name that the line gives to what the step makes, or null.</param>
    /// <param name="names">The names that lines above have given; the step's own is added by <see cref="TakeName"/>.</param>
    public StepWords(int line, IReadOnlyList<string> words, string? name, ISet<string> names)
    {
        (Line, _words, _names, _next, Name) = (line, words, names, 1, name);
    }

    /// <summary>The line of the script.</summary>
    public int Line { get; }

    /// <summary>The name that the line gives and no verb has taken.</summary>
    public string? Name { get; private set; }

    /// <summary>Whether a word is left.</summary>
    public bool HasMore => _next < _words.Count;

    /// <summary>The verb.</summary>
    private string Verb => _words[0];

    /// <summary>Takes the name that the line gives to what the step makes, or null where it gives none.</summary>
    public string? TakeName()
    {
        var name = Name;
        Name = null;
        if (name is not null)
            _names.Add(name);
        return name;
    }

    /// <summary>Whether the next word is this one.</summary>
    public bool NextIs(string word) => HasMore && _words[_next] == word;

    /// <summary>Whether the next word is a number.</summary>
    public bool NextIsNumber => HasMore && NumberText.TryParse(_words[_next], out _);

    /// <summary>Takes the next word where it is this one.</summary>
    public bool TakeIf(string word)
    {
        if (!NextIs(word))
            return false;
        _next++;
        return true;
    }

    /// <summary>Takes the next word, which is one of these.</summary>
    public string TakeOneOf(string what, params string[] choices)
    {
        var word = Take(what);
        return Array.IndexOf(choices, word) >= 0 ? word : throw Wrong($"'{word}' is not {what}: write {string.Join(", ", choices)}");
    }

    /// <summary>Takes the next word.</summary>
    public string Take(string what) => HasMore ? _words[_next++] : throw Wrong($"'{Verb}' lacks {what}");

    /// <summary>Takes a number, of no more than a limit.</summary>
    public ulong TakeNumber(string what, ulong most = ulong.MaxValue)
    {
        var word = Take(what);
        if (!NumberText.TryParse(word, out var number))
            throw Wrong($"'{word}' is not {what}: write decimal digits, or 0x and hexadecimal digits");
        return number <= most ? number : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"{what} is {word}, and no more than {most} is possible"));
    }

    /// <summary>Takes bytes in the order of their addresses, written as hexadecimal digits, no more than a limit.</summary>
    public byte[] TakeBytes(string what, int most)
    {
        var word = Take(what);
        var digits = word.StartsWith("0x", StringComparison.Ordinal) ? string.Empty : word.Replace("_", string.Empty, StringComparison.Ordinal);
        if (digits.Length == 0 || digits.Length % 2 != 0 || !digits.All(Uri.IsHexDigit))
            throw Wrong($"'{word}' is not {what}: write two hexadecimal digits for each byte, in the order of their addresses");
        if (digits.Length / 2 > most)
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"no more than {most} bytes are possible here"));
        var bytes = new byte[digits.Length / 2];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = byte.Parse(digits.AsSpan(i * 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return bytes;
    }

    /// <summary>Takes a region: bar0 to bar5, rom, config, vga or a number.</summary>
    public int TakeRegion()
    {
        var word = Take("a region");
        return RegionNames.TryParse(word, out var index) ? index : throw Wrong($"'{word}' is not a region: write bar0 to bar5, rom, config, vga, or a number");
    }

    /// <summary>Takes the width of a register in bits.</summary>
    public int TakeWidth() => (int)TakeNumber("a width", int.MaxValue) switch
    {
        var width and (8 or 16 or 32 or 64) => width,
        var width => throw Wrong(string.Create(CultureInfo.InvariantCulture, $"a width is 8, 16, 32 or 64 bits, not {width}")),
    };

    /// <summary>Takes an address: a number, or a name that a line above gave, with or without "+NUMBER".</summary>
    public StepAddress TakeAddress(string what)
    {
        var word = Take(what);
        if (NumberText.TryParse(word, out var number))
            return new StepAddress(null, number);
        var plus = word.IndexOf('+', StringComparison.Ordinal);
        var name = plus < 0 ? word : word[..plus];
        var offset = 0ul;
        if (plus >= 0 && !NumberText.TryParse(word[(plus + 1)..], out offset))
            throw Wrong($"'{word}' is not {what}: behind + stands a number");
        return _names.Contains(name) ? new StepAddress(name, offset) : throw Wrong($"'{name}' is not {what}: no line above names a mapping so");
    }

    /// <summary>Checks that nothing is left.</summary>
    public void End()
    {
        if (HasMore)
            throw Wrong($"'{_words[_next]}' is too much for '{Verb}'");
        if (Name is not null)
            throw Wrong($"'{Verb}' makes nothing that could be called '{Name}'");
    }

    /// <summary>A sentence about this line.</summary>
    public CommandLineException Wrong(string sentence) => new(string.Create(CultureInfo.InvariantCulture, $"Line {Line} of the script: {sentence}."));
}
