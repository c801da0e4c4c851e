namespace VfioSharp.Guest.Tests;

/// <summary>What guest/run says of a machine that it cannot make, before it makes anything.</summary>
public sealed class GuestOptionsTests
{
    private const int WrongUsage = 2;
    private const int Unavailable = 69;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("--mio is for s390x", "x86_64", "--mio", "--", "true")]
    [InlineData("--cpu is for s390x", "x86_64", "--cpu", "pcimio=off", "--", "true")]
    [InlineData("--large-bars is not for it", "s390x", "--large-bars", "--", "true")]
    [InlineData("--large-bars wants an emulated processor", "x86_64", "--large-bars", "--accel", "kvm", "--", "true")]
    [InlineData("--cpu wants FEATURE=VALUE", "s390x", "--mio", "--cpu", "pcimio")]
    [InlineData("--cpu wants a value", "s390x", "--mio", "--cpu")]
    public async Task A_machine_that_cannot_be_is_refused_in_one_sentence(string sentence, params string[] options)
    {
        var run = await ProcessRun.Start(Repository.PathOf("guest/run"), options, Limit);

        Assert.Equal(WrongUsage, run.ExitCode);
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("guest/run --check s390x --mio")]
    [InlineData("guest/run --prepare s390x --mio")]
    [InlineData("guest/peer --prepare")]
    public async Task Without_an_archive_nothing_is_built_from_source_and_there_is_a_reason(string command)
    {
        using var cache = new TemporaryFolder();
        // Port 9 discards, where anything listens at all.
        string[] words =
        [
            $"VFIOSHARP_CACHE={cache.PathOf("cache")}",
            "VFIOSHARP_DEBIAN_ARCHIVE=http://127.0.0.1:9/debian",
            Repository.PathOf(command.Split(' ')[0]), .. command.Split(' ')[1..],
        ];

        var run = await ProcessRun.Start("/usr/bin/env", words, Limit);

        Assert.True(run.ExitCode == Unavailable, $"{run.ExitCode}: {run.Error}");
        Assert.Contains("http://127.0.0.1:9/debian", run.Error, StringComparison.Ordinal);
    }
}
