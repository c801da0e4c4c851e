namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>One line of a recording.</summary>
/// <param name="File">The file's name without its ending.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Text">What stands there; without the mark that such a line begins with.</param>
internal sealed record GoldenRow(string File, int Line, string Text)
{
    public override string ToString() => $"{File}:{Line}: {Text}";
}

/// <summary>What a program on a real kernel saw, line by line in the order in which it asked.</summary>
/// <param name="Name">The file's name without its ending.</param>
/// <param name="Rows">Its lines.</param>
internal sealed record Recording(string Name, IReadOnlyList<GoldenRow> Rows)
{
    private const string Mark = "GOLD ";

    private static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Recordings");

    /// <summary>The names of all recordings that there are.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.EnumerateFiles(Folder, "*.txt").Select(Path.GetFileNameWithoutExtension).OfType<string>().Order(StringComparer.Ordinal)];

    /// <summary>Reads a recording.</summary>
    /// <exception cref="InvalidDataException">A line is neither an answer nor a message of the kernel.</exception>
    public static Recording Read(string name)
    {
        var rows = new List<GoldenRow>();
        foreach (var line in File.ReadLines(Path.Combine(Folder, name + ".txt")))
            rows.Add(new GoldenRow(name, rows.Count + 1, TextOf(line)));
        return new Recording(name, rows);
    }

    // A message of the kernel begins with its time in brackets.
    private static string TextOf(string line) => line switch
    {
        _ when line.StartsWith(Mark, StringComparison.Ordinal) => line[Mark.Length..],
        _ when line.StartsWith('[') => line,
        _ => throw new InvalidDataException($"'{line}' is no line of a recording."),
    };
}
