using FsCheck;
using FsCheck.Xunit;
using VfioSharp.Tool.Nvme.Benchmarking;

namespace VfioSharp.Tool.Tests.Nvme;

public sealed class LatencyHistogramTests
{
    [Property]
    public void A_percentile_is_that_of_the_sorted_times_to_four_percent(PositiveInt[] times, byte percent)
    {
        var exact = times.Select(time => (long)time.Get * time.Get).Order().ToArray();
        var histogram = Of(exact);
        var share = percent % 101;

        var found = histogram.PercentileNs(share);

        if (exact.Length == 0)
        {
            Assert.Equal(0, found);
            return;
        }

        var expected = exact[Math.Max(0, (int)Math.Ceiling(exact.Length * share / 100.0) - 1)];
        Assert.InRange(found, expected, Math.Min((long)(expected * 1.04) + 1, exact[^1]));
    }

    [Property]
    public void Rows_have_every_time_once_and_follow_one_another(PositiveInt[] times, PositiveInt most)
    {
        var histogram = Of(times.Select(time => (long)time.Get * time.Get));

        foreach (var percent in new[] { 100.0, 99, 50 })
        {
            var rows = histogram.Rows(1 + most.Get % 64, percent);

            Assert.Equal(histogram.Count, rows.Sum(row => row.Count));
            Assert.True(rows.Count <= 2 + most.Get % 64);
            for (var row = 1; row < rows.Count; row++)
                Assert.Equal(rows[row - 1].BelowNs, rows[row].FromNs);
            if (rows.Count != 0)
                Assert.True(rows[0].FromNs <= histogram.MinNs && rows[^1].BelowNs > histogram.MaxNs);
        }
    }

    [Property]
    public void Histograms_add_up(PositiveInt[] left, PositiveInt[] right)
    {
        var sum = Of(left.Select(time => (long)time.Get));
        sum.Add(Of(right.Select(time => (long)time.Get)));
        var whole = Of(left.Concat(right).Select(time => (long)time.Get));

        Assert.Equal((whole.Count, whole.MinNs, whole.MaxNs, whole.MeanNs), (sum.Count, sum.MinNs, sum.MaxNs, sum.MeanNs));
        Assert.Equal(whole.Rows(64), sum.Rows(64));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1_000_000_007)]
    [InlineData(long.MaxValue)]
    public void A_single_time_is_all_of_its_figures(long time)
    {
        var histogram = Of([time]);

        Assert.Equal((time, time, time, time), (histogram.MinNs, histogram.MaxNs, histogram.PercentileNs(50), histogram.PercentileNs(99.9)));
    }

    [Fact]
    public void A_negative_time_counts_as_none() => Assert.Equal(0, Of([-5]).MaxNs);

    [Fact]
    public void Adding_a_time_allocates_nothing()
    {
        var histogram = Of([1]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var time = 0; time < 10_000; time++)
            histogram.Record(time * 977L);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static LatencyHistogram Of(IEnumerable<long> times)
    {
        var histogram = new LatencyHistogram();
        foreach (var time in times)
            histogram.Record(time);
        return histogram;
    }
}
