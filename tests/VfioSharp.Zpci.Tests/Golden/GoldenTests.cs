namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>The model against what real kernels answered, line by line (Recordings/README.md says how they were made).</summary>
public sealed class GoldenTests(ITestOutputHelper output)
{
    public static TheoryData<string> Recordings => [.. Recording.Names];

    [Theory, MemberData(nameof(Recordings))]
    public void Every_line_is_reproduced_or_listed_with_a_reason(string name)
    {
        var recording = Recording.Read(name);
        var replay = Replays.Of(name);

        var rows = replay.Play(recording);

        var leftOut = rows.Where(row => LeftOutRows.ReasonFor(row.Row) is not null).ToArray();
        var reproduced = rows.Except(leftOut).Count(row => row.IsReproduced);
        output.WriteLine($"{name}: {rows.Count} lines, {reproduced} reproduced, {leftOut.Length} left out");
        foreach (var group in leftOut.GroupBy(row => LeftOutRows.ReasonFor(row.Row)))
            output.WriteLine($"    {group.Key}: {group.Count()}");
        var others = rows.Except(leftOut).Where(row => !row.IsReproduced).Select(Explain).ToArray();
        Assert.True(others.Length == 0, string.Concat(others));
        Assert.Empty(replay.UnreadMessages);
    }

    [Fact]
    public void Every_line_that_is_listed_as_left_out_is_in_a_recording()
    {
        var rows = Recording.Names.SelectMany(name => Recording.Read(name).Rows).ToArray();

        Assert.All(LeftOutRows.All, entry => Assert.Contains(rows, row => LeftOutRows.Matches(entry.File, entry.Line, row)));
    }

    [Fact]
    public void No_line_is_left_out_that_the_model_reproduces()
    {
        var needless = Recording.Names
            .SelectMany(name => Replays.Of(name).Play(Recording.Read(name)))
            .Where(row => row.IsReproduced && LeftOutRows.ReasonFor(row.Row) is not null);

        Assert.Empty(needless.Select(row => row.Row));
    }

    [Fact]
    public void Every_field_that_is_left_out_is_in_a_recording()
    {
        var rows = Recording.Names.SelectMany(name => Recording.Read(name).Rows).ToArray();

        Assert.All(LeftOutFields.All, field => Assert.Contains(rows, row => field.Field.IsMatch(row.Text)));
    }

    [Fact]
    public void A_line_that_the_model_answers_otherwise_is_noticed()
    {
        var recording = Recording.Read("linux-7.2");
        var changed = recording.Rows.Select(row => row with
        {
            Text = row.Text.Replace("ret=0 errno=- data=ff07010f20084000", "ret=0 errno=- data=ff07010f20084001", StringComparison.Ordinal),
        });

        var rows = Replays.Of("linux-7.2").Play(new Recording("linux-7.2", [.. changed]));

        Assert.Equal(3, rows.Count(row => row.Answer is not null && !row.IsReproduced && row.Answer.EndsWith("4000", StringComparison.Ordinal)));
    }

    private static string Explain(ReplayedRow row) => $"{row.Row}\n    the model: {row.Answer ?? "has no such operation"}\n";
}
