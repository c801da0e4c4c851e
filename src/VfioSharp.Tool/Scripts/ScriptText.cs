using System.Globalization;

namespace VfioSharp.Tool.Scripts;

/// <summary>Reads scripts: one step on a line, words separated by blanks, # begins a comment, NAME = before the verb names what it makes.</summary>
internal static class ScriptText
{
    private const int LongestScript = 100_000;

    /// <summary>Reads a script to its end.</summary>
    /// <param name="reader">The script.</param>
    /// <param name="verbs">What may stand in it.</param>
    /// <param name="elsewhere">Verbs that are known, but not to this target, and where they are.</param>
    /// <returns>The steps in their order.</returns>
    /// <exception cref="CommandLineException">A line is wrong, or there is no step at all. Nothing was played.</exception>
    public static IReadOnlyList<ScriptStep> Read(TextReader reader, IReadOnlyList<ScriptVerb> verbs, Func<string, string?> elsewhere)
    {
        var steps = new List<ScriptStep>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var line = 1; reader.ReadLine() is { } text; line++)
        {
            if (line > LongestScript)
                throw new CommandLineException(string.Create(CultureInfo.InvariantCulture, $"The script has more than {LongestScript} lines."));
            var words = Split(text);
            if (words.Length != 0)
                steps.Add(ReadStep(line, words, verbs, names, elsewhere));
        }

        return steps.Count != 0 ? steps : throw new CommandLineException("The script has no step.");
    }

    private static string[] Split(string text)
    {
        var comment = text.IndexOf('#', StringComparison.Ordinal);
        return (comment < 0 ? text : text[..comment]).Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
    }

    private static ScriptStep ReadStep(
        int line, string[] all, IReadOnlyList<ScriptVerb> verbs, HashSet<string> names, Func<string, string?> elsewhere)
    {
        string? name = null;
        var words = all;
        if (all is [var given, "=", _, ..])
            (name, words) = (given, all[2..]);
        var step = new StepWords(line, words, name, names);
        if (name is not null && !IsName(name))
            throw step.Wrong($"'{name}' is not a name: write a letter, then letters and digits");
        foreach (var verb in verbs)
        {
            if (verb.Name != words[0])
                continue;
            var play = verb.Read(step);
            step.End();
            return new ScriptStep(line, verb.Name, string.Join(' ', all), play);
        }

        throw step.Wrong(elsewhere(words[0]) ?? $"there is no step '{words[0]}'");
    }

    private static bool IsName(string text) => IsLetter(text[0]) && text.All(character => IsLetter(character) || character is >= '0' and <= '9');

    private static bool IsLetter(char character) => character is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or '_';
}
