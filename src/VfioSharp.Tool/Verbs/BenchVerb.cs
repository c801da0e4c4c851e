using System.CommandLine;
using System.Globalization;
using System.Text;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Reports;
using VfioSharp.Tool.Reports.Benchmarking;
using VfioSharp.Tool.Reports.Registers;

namespace VfioSharp.Tool.Verbs;

/// <summary>`vfio bench`.</summary>
internal static class BenchVerb
{
    private const int DefaultRounds = 51;
    private const int MaximumRounds = 10_000;

    public static Command Create(ToolHost host)
    {
        var opening = new DeviceOpening(host);
        var region = RegisterArguments.Region();
        var offset = RegisterArguments.Number("OFFSET", "The register's offset in the region, in bytes");
        var width = RegisterArguments.Width();
        var rounds = new Option<int>("--rounds")
        {
            Description = "How many rounds of about 2 ms each path gets",
            HelpName = "N",
            DefaultValueFactory = _ => DefaultRounds,
            CustomParser = result =>
            {
                if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= MaximumRounds)
                    return count;
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"--rounds is a number from 1 to {MaximumRounds}, not '{result.Tokens[0].Value}'."));
                return DefaultRounds;
            },
        };
        var svg = new Option<string?>("--svg") { Description = "Also draw the result into a file", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var verb = new VerbCommand("bench", "Time a read of a register on every path that its region allows", $"""
            The paths take turns, round by round, so that other work on the machine disturbs all alike. Shown are the
            median, the shortest and the longest round in nanoseconds per read, how many times faster a path is
            than the slowest, and what a read leaves to the garbage collector. Choose a register whose reads have no
            side effect: it is read some million times.

            {DeviceOpening.Manual}

            Examples:
              vfio bench 0000:01:00.0 bar0 0x8
              vfio bench 0000:01:00.0 bar0 0x0 --width 64 --svg nvme-cap.svg
            """);
        opening.AddArgumentTo(verb);
        verb.Add(region);
        verb.Add(offset);
        verb.Add(width);
        verb.Add(rounds);
        verb.Add(svg);
        verb.Add(json);
        opening.AddOptionsTo(verb);
        verb.SetVerb((parsed, cancellation) =>
        {
            var (first, bits) = (parsed.GetValue(offset), parsed.GetValue(width));
            RegisterArguments.RequireAligned(first, bits);
            using var device = opening.Open(parsed);
            var target = RegisterWindow.Require(device, parsed.GetValue(region));
            var report = Benchmark.Run(device, target, first, bits, parsed.GetValue(rounds), cancellation);
            if (parsed.GetValue(json))
                host.Output.WriteLine(ReportJson.Serialize(report));
            else
                BenchText.Write(host, report);
            if (parsed.GetValue(svg) is { } file)
                OutputFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(BenchSvg.Render(report))));
        });
        return verb;
    }
}
