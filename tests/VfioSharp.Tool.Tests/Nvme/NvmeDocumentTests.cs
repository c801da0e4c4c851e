namespace VfioSharp.Tool.Tests.Nvme;

/// <summary>What README.md and docs/nvme.md say is what there is.</summary>
public sealed class NvmeDocumentTests
{
    [Fact]
    public async Task The_example_does_what_it_says()
    {
        using var disk = new ServedDisk();
        using var output = new StringWriter { NewLine = "\n" };

        await NvmeExample.RunAsync(disk.Address, output);

        Assert.Equal("VfioSharp NVMe Controller: 8192 blocks of 512 bytes\nTrue\n", output.ToString());
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/nvme.md")]
    public void The_example_is_the_one_that_is_tested(string document)
    {
        var lines = File.ReadAllLines(Checkout.PathOf("tests/VfioSharp.Tool.Tests/Nvme/NvmeExample.cs"));
        var begin = Array.FindIndex(lines, line => line.Contains("<example>", StringComparison.Ordinal)) + 1;
        var end = Array.FindIndex(lines, line => line.Contains("</example>", StringComparison.Ordinal));
        var example = string.Join('\n', lines[begin..end].Select(line => line.Length == 0 ? line : line[8..]))
            .Replace("output.", "Console.", StringComparison.Ordinal);

        Assert.Contains($"```csharp\n{example}\n```\n", File.ReadAllText(Checkout.PathOf(document)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_option_that_is_told_of_exists()
    {
        foreach (var verb in new[] { "identify", "smart", "read", "write", "bench" })
        {
            var help = (await ToolRun.RunAsync("/nonexistent", "nvme", verb, "--help")).Output;
            var told = File.ReadAllText(Checkout.PathOf("docs/nvme.md")).Split('\n')
                .SkipWhile(line => !line.StartsWith($"vfio nvme {verb} ", StringComparison.Ordinal))
                .TakeWhile((line, index) => index == 0 || line.StartsWith(' '));
            var words = told.SelectMany(line => line.Split(' ', '[', ']', '|'));
            foreach (var option in words.Where(word => word.StartsWith("--", StringComparison.Ordinal)))
                Assert.Contains(option, help, StringComparison.Ordinal);
        }
    }
}
