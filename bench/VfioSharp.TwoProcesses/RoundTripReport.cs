using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using VfioSharp.TwoProcesses.Nvme;

namespace VfioSharp.TwoProcesses;

/// <summary>The rounds of each, as they were measured.</summary>
internal sealed class RoundTripSamples
{
    public List<Latency> Floor { get; } = [];

    public List<Latency> Message { get; } = [];

    public List<Latency> SpinningFloor { get; } = [];

    public List<Latency> SpinningMessage { get; } = [];

    public List<double> Load { get; } = [];

    public RoundTripReport Report(Allocations sleeping, Allocations? spinning) => new()
    {
        Rounds = Floor.Count,
        Floor = Latency.Median(Floor),
        Message = Latency.Median(Message),
        MessageToFloor = Ratio(Message, Floor),
        SpinningFloor = SpinningFloor.Count == 0 ? null : Latency.Median(SpinningFloor),
        SpinningMessage = SpinningMessage.Count == 0 ? null : Latency.Median(SpinningMessage),
        SpinningMessageToFloor = SpinningMessage.Count == 0 ? null : Ratio(SpinningMessage, Floor),
        LoadNanoseconds = Latency.Median(Load),
        MessageToLoad = Latency.Median(Message.Zip(Load).Select(pair => pair.First.P50 / pair.Second)),
        Allocations = sleeping,
        SpinningAllocations = spinning,
    };

    // The median of what each round's neighbours are to each other: what slows the machine down for a while is in both.
    private static double Ratio(List<Latency> one, List<Latency> other) => Latency.Median(one.Zip(other).Select(pair => pair.First.P50 / pair.Second.P50));
}

/// <summary>The medians of all rounds. Times are in nanoseconds.</summary>
internal sealed record RoundTripReport
{
    public required int Rounds { get; init; }

    public required Latency Floor { get; init; }

    public required Latency Message { get; init; }

    public required double MessageToFloor { get; init; }

    public Latency? SpinningFloor { get; init; }

    public Latency? SpinningMessage { get; init; }

    public double? SpinningMessageToFloor { get; init; }

    public required double LoadNanoseconds { get; init; }

    public required double MessageToLoad { get; init; }

    public required Allocations Allocations { get; init; }

    public Allocations? SpinningAllocations { get; init; }

    /// <summary>The report as a table.</summary>
    public string ToTable()
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"Medians of {Rounds} rounds of each, in turn; microseconds.\n\n"));
        text.Append(CultureInfo.InvariantCulture, $"{"",-58} {"p50",9} {"p99",9} {"ratio",9}\n");
        Row(text, "ping-pong in C, two processes, blocking: the floor", Floor, 1);
        Row(text, "4-byte REGION_READ, blocking", Message, MessageToFloor);
        if (SpinningFloor is { } floor && SpinningMessage is { } message && SpinningMessageToFloor is { } ratio)
        {
            Row(text, "ping-pong in C, spinning", floor, floor.P50 / Floor.P50);
            Row(text, "4-byte REGION_READ, busy-poll on both sides", message, ratio);
        }

        text.Append(CultureInfo.InvariantCulture, $"{"4-byte load of the same BAR's shared memory",-58} {LoadNanoseconds / 1000,9:F4}\n");
        text.Append(CultureInfo.InvariantCulture, $"\nA REGION_READ takes {MessageToLoad:N0} times as long as a load.\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"Allocated over {Allocations.Messages:N0} messages: {Allocations.ClientBytes} bytes by the client, {Allocations.ServerBytes} by the server.\n");
        if (SpinningAllocations is { } spinning)
            text.Append(CultureInfo.InvariantCulture, $"With busy-poll: {spinning.ClientBytes} bytes by the client, {spinning.ServerBytes} by the server.\n");
        return text.ToString();
    }

    private static void Row(StringBuilder text, string name, Latency latency, double ratio) =>
        text.Append(CultureInfo.InvariantCulture, $"{name,-58} {latency.P50 / 1000,9:F2} {latency.P99 / 1000,9:F2} {ratio,9:F2}\n");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RoundTripReport))]
[JsonSerializable(typeof(ManyClientsReport))]
[JsonSerializable(typeof(SurvivalReport))]
[JsonSerializable(typeof(NvmeSurvivalReport))]
[JsonSerializable(typeof(NvmeBenchReport))]
internal sealed partial class ReportContext : JsonSerializerContext;
