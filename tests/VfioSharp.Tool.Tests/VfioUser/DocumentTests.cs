using System.Globalization;
using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.Tool.Tests.VfioUser;

/// <summary>What docs/vfio-user.md says is what there is.</summary>
public sealed class DocumentTests
{
    private static readonly string Document = File.ReadAllText(Checkout.PathOf("docs/vfio-user.md"));

    [Fact]
    public void The_example_is_the_one_that_is_tested()
    {
        var file = File.ReadAllText(Checkout.PathOf("tests/VfioSharp.Emulation.Tests/Examples.cs"));

        Assert.Equal(
            file[file.IndexOf("/// <summary>", StringComparison.Ordinal)..].Trim(),
            Between("Examples.cs -->\n```csharp\n", "```\n<!-- end of the example -->").Trim());
    }

    [Fact]
    public void The_limits_are_those_of_the_server_and_of_the_command()
    {
        var usual = new VfioUserServerOptions();
        var options = VfioCommand.Create(new ToolHost
        {
            Output = TextWriter.Null,
            Error = TextWriter.Null,
            IsOutputRedirected = true,
            Functions = new Backends.Linux.PciFunctions(),
        }).Subcommands.Single(verb => verb.Name == "serve").Options;

        var rows = Rows("| property | option | default | |");

        Assert.Equal(10, rows.Count);
        Assert.All(rows, row =>
        {
            Assert.Equal(row[2], Spell(typeof(VfioUserServerOptions).GetProperty(row[0])!.GetValue(usual)));
            var option = options.Single(option => option.Name == row[1]);
            Assert.Equal(row[2], Spell(option.GetDefaultValue()));
        });
    }

    [Fact]
    public void The_functions_are_those_that_come_with_the_library() => Assert.Equal(
        StockFunctions.All.Select(function => function.Name).Order(StringComparer.Ordinal),
        Rows("| function | what it is |").Select(row => row[0]).Order(StringComparer.Ordinal));

    private static string Spell(object? value) => value switch
    {
        bool isOn => isOn ? "on" : "off",
        TimeSpan time => time.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static List<string[]> Rows(string heading) =>
        [.. Between(heading + "\n", "\n\n").Split('\n').Skip(1).Select(row => row.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries))];

    private static string Between(string begin, string end)
    {
        var start = Document.IndexOf(begin, StringComparison.Ordinal);
        Assert.True(start >= 0, begin);
        start += begin.Length;
        return Document[start..Document.IndexOf(end, start, StringComparison.Ordinal)];
    }
}
