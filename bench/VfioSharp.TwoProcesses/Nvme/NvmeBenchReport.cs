using System.Globalization;
using System.Text;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>What one load came to: medians of all rounds, and the best round's reads a second. Times are in microseconds.</summary>
internal sealed record NvmeBenchRow(
    string Name, int Depth, double ReadsPerSecond, double BestReadsPerSecond, double P50, double P99, double P999, double DriverBytesPerRead, double ServerBytesPerRead)
{
    public static NvmeBenchRow Of(string name, int depth, IReadOnlyList<LoadSample> samples, long serverBytes)
    {
        var reads = (double)samples.Sum(sample => sample.Reads);
        return new NvmeBenchRow(
            name, depth, Latency.Median(samples.Select(sample => sample.ReadsPerSecond)), samples.Max(sample => sample.ReadsPerSecond),
            Latency.Median(samples.Select(sample => sample.P50)), Latency.Median(samples.Select(sample => sample.P99)), Latency.Median(samples.Select(sample => sample.P999)),
            samples.Sum(sample => sample.AllocatedBytes) / reads, serverBytes / reads);
    }
}

/// <summary>Processor time in milliseconds that each process took in some seconds without a command.</summary>
internal sealed record IdleReport(double Seconds, double DriverMilliseconds, double ServerMilliseconds);

/// <summary>All of it.</summary>
internal sealed record NvmeBenchReport
{
    public required int Rounds { get; init; }

    public required IReadOnlyList<NvmeBenchRow> Rows { get; init; }

    public required IdleReport Idle { get; init; }

    public string ToTable()
    {
        var text = new StringBuilder(string.Create(
            CultureInfo.InvariantCulture, $"Driver and controller in two processes over vfio-user, 4 KiB random read, image in memory; medians of {Rounds} rounds, in turn; microseconds.\n\n"));
        text.Append(CultureInfo.InvariantCulture, $"{"",-12}{"depth",6}{"IOPS",12}{"best",12}{"p50",9}{"p99",9}{"p99.9",9}{"bytes allocated per command: driver, controller",50}\n");
        foreach (var row in Rows)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{row.Name,-12}{row.Depth,6}{row.ReadsPerSecond,12:N0}{row.BestReadsPerSecond,12:N0}{row.P50,9:F2}{row.P99,9:F2}{row.P999,9:F2}");
            text.Append(CultureInfo.InvariantCulture, $"{row.DriverBytesPerRead,34:F4}{row.ServerBytesPerRead,16:F4}\n");
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"\nIdle for {Idle.Seconds:F0} s with interrupts: {Idle.DriverMilliseconds:F0} ms of processor time by the driver's process, {Idle.ServerMilliseconds:F0} ms by the controller's.");
        return text.ToString();
    }
}
