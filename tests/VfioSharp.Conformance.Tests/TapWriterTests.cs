namespace VfioSharp.Conformance.Tests;

public sealed class TapWriterTests
{
    private static readonly ConformanceCase Must = ServerSuite.AllCases.First(item => item.Duty == CaseDuty.Must);
    private static readonly ConformanceCase Habit = ServerSuite.AllCases.First(item => item.Duty == CaseDuty.Habit);

    [Fact]
    public void A_report_begins_with_the_version_and_the_plan()
    {
        using var output = new StringWriter { NewLine = "\n" };

        _ = new TapWriter(output, 3);

        Assert.Equal("TAP version 14\n1..3\n", output.ToString());
    }

    [Fact]
    public void A_case_that_passed_is_one_line()
    {
        Assert.Equal($"ok 1 - {Must.Name}\n", Write(new CaseResult(Must, CaseStatus.Passed, null, [], TimeSpan.Zero)));
    }

    [Fact]
    public void A_case_that_was_skipped_says_why()
    {
        Assert.Equal($"ok 1 - {Must.Name} # SKIP no \\# of regions\n", Write(new CaseResult(Must, CaseStatus.Skipped, "no # of regions", [], TimeSpan.Zero)));
    }

    [Fact]
    public void A_failure_says_what_came_in_yaml()
    {
        var text = Write(new CaseResult(Must, CaseStatus.Failed, "got \"1\",\nexpected 2", ["odd"], TimeSpan.FromMilliseconds(1.5)));

        Assert.Equal(
            $"""
            not ok 1 - {Must.Name}
              ---
              message: "got \"1\", expected 2"
              expected: "{Must.Summary}"
              clause: "{Must.Clause}"
              severity: must
              duration_ms: 1.5
              remarks:
                - "odd"
              ...

            """.ReplaceLineEndings("\n"),
            text);
    }

    [Fact]
    public void A_habit_that_the_peer_does_not_share_is_a_todo()
    {
        var text = Write(new CaseResult(Habit, CaseStatus.Failed, "got 1", [], TimeSpan.Zero));

        Assert.StartsWith($"not ok 1 - {Habit.Name} # TODO ", text, StringComparison.Ordinal);
        Assert.Contains("  severity: habit\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_are_counted_by_duty_and_status()
    {
        CaseResult[] results =
        [
            new(Must, CaseStatus.Passed, null, [], TimeSpan.Zero),
            new(Must, CaseStatus.Skipped, "x", [], TimeSpan.Zero),
            new(Habit, CaseStatus.Failed, "x", [], TimeSpan.Zero),
        ];

        Assert.Equal(new ConformanceSummary(1, 0, 1, 1), ConformanceSummary.Of(results));
        Assert.True(ConformanceSummary.Of(results).IsConformant);
        Assert.False(ConformanceSummary.Of([new(Must, CaseStatus.Failed, "x", [], TimeSpan.Zero)]).IsConformant);
    }

    private static string Write(CaseResult result)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var tap = new TapWriter(output, 1);
        output.GetStringBuilder().Clear();
        tap.Write(result);
        return output.ToString();
    }
}
