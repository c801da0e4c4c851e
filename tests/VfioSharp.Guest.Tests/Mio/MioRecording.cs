namespace VfioSharp.Guest.Tests.Mio;

/// <summary>A recording held against what a program printed here (tests/VfioSharp.Zpci.Tests/Recordings/README.md says what recordings are).</summary>
internal static class MioRecording
{
    private const string Mark = "GOLD ";

    /// <summary>The recordings that tests/mio-rows asks again.</summary>
    public static readonly string[] Names = ["mio-linux-7.2", "mio-machine-pci-nomio-linux-7.2"];

    /// <summary>The lines of a recording without their mark.</summary>
    public static string[] Read(string name) =>
        [.. File.ReadAllLines(Repository.PathOf($"tests/VfioSharp.Zpci.Tests/Recordings/{name}.txt"))
            .Select(line => line.StartsWith(Mark, StringComparison.Ordinal) ? line[Mark.Length..] : line)];

    /// <summary>Line beside line. Lines that the recording does not have are an error of the caller's program.</summary>
    public static IReadOnlyList<MioRow> Compare(string name, string[] here)
    {
        var recorded = Read(name);
        Assert.True(here.Length <= recorded.Length, $"The program printed more than {name} has: {string.Join('\n', here.Skip(recorded.Length))}");
        return [.. recorded.Select((line, i) => new MioRow(name, i + 1, line, i < here.Length ? here[i] : null))];
    }
}
