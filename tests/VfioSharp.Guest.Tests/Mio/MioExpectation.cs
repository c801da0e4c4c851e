namespace VfioSharp.Guest.Tests.Mio;

/// <summary>Lines that tests/mio-rows has to print, among others (Expectations/README.md).</summary>
internal static class MioExpectation
{
    private const string Remark = "#";

    /// <summary>Each expected line is there, behind the ones before it.</summary>
    /// <param name="name">The expectation's name.</param>
    /// <param name="here">What the program printed.</param>
    public static void AssertIn(string name, string[] here)
    {
        var expected = File.ReadAllLines(Repository.PathOf($"tests/VfioSharp.Guest.Tests/Mio/Expectations/{name}.txt"))
            .Where(line => !line.StartsWith(Remark, StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(expected);
        var from = 0;
        foreach (var line in expected)
        {
            var place = Array.IndexOf(here, line, from);
            Assert.True(place >= 0, $"{name}: \"{line}\" is not among the lines from {from + 1} on:\n{string.Join('\n', here.Skip(from))}");
            from = place + 1;
        }
    }
}
