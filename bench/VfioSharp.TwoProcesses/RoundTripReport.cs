using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using VfioSharp.TwoProcesses.Nvme;

namespace VfioSharp.TwoProcesses;

/// <summary>The rounds of each, as they were measured, and what every sitting allocated.</summary>
internal sealed class RoundTripSamples
{
    public List<Latency> Floor { get; } = [];

    public List<Latency> Message { get; } = [];

    public List<Latency> SharedFloor { get; } = [];

    public List<Latency> SpinningFloor { get; } = [];

    public List<Latency> SpinningMessage { get; } = [];

    public List<double> Load { get; } = [];

    public List<Allocations> Allocations { get; } = [];

    public List<Allocations> SpinningAllocations { get; } = [];

    public RoundTripReport Report() => new()
    {
        Rounds = Floor.Count,
        Floor = Latency.Median(Floor),
        Message = Latency.Median(Message),
        MessageToFloor = Ratio(Message, Floor),
        LoadNanoseconds = Latency.Median(Load),
        MessageToLoad = Latency.Median(Message.Zip(Load).Select(pair => pair.First.P50 / pair.Second)),
        Allocations = Allocations.Aggregate((one, other) => one + other),
        TwoProcessors = SpinningMessage.Count == 0 ? null : new TwoProcessorsReport
        {
            SharedFloor = Latency.Median(SharedFloor),
            SpinningFloor = Latency.Median(SpinningFloor),
            SpinningMessage = Latency.Median(SpinningMessage),
            SpinningMessageToFloor = Ratio(SpinningMessage, Floor),
            SpinningMessageToSharedFloor = Ratio(SpinningMessage, SharedFloor),
            SpinningAllocations = SpinningAllocations.Aggregate((one, other) => one + other),
        },
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

    public required double LoadNanoseconds { get; init; }

    public required double MessageToLoad { get; init; }

    public required Allocations Allocations { get; init; }

    /// <summary>What is measured besides where each side has a processor of its own.</summary>
    public TwoProcessorsReport? TwoProcessors { get; init; }

    /// <summary>The report as a table.</summary>
    public string ToTable()
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"Medians of {Rounds} rounds of each, in turn; microseconds.\n\n"));
        text.Append(CultureInfo.InvariantCulture, $"{"",-66} {"p50",9} {"p99",9} {"ratio",9}\n");
        Row(text, $"ping-pong in C, {(TwoProcessors is null ? "one processor" : "a processor each")}, blocking: the floor", Floor, 1);
        Row(text, "4-byte REGION_READ, blocking", Message, MessageToFloor);
        if (TwoProcessors is { } two)
        {
            Row(text, "ping-pong in C, both on one processor, blocking: the lower floor", two.SharedFloor, two.SharedFloor.P50 / Floor.P50);
            Row(text, "ping-pong in C, spinning", two.SpinningFloor, two.SpinningFloor.P50 / Floor.P50);
            Row(text, "4-byte REGION_READ, busy-poll on both sides", two.SpinningMessage, two.SpinningMessageToFloor);
            text.Append(CultureInfo.InvariantCulture, $"{"    to the lower floor",-66} {"",9} {"",9} {two.SpinningMessageToSharedFloor,9:F2}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{"4-byte load of the same BAR's shared memory",-66} {LoadNanoseconds / 1000,9:F4}\n");
        text.Append(CultureInfo.InvariantCulture, $"\nA REGION_READ takes {MessageToLoad:N0} times as long as a load.\n");
        Row(text, "Allocated", Allocations);
        if (TwoProcessors is not null)
            Row(text, "With busy-poll", TwoProcessors.SpinningAllocations);
        return text.ToString();
    }

    private static void Row(StringBuilder text, string name, Allocations allocations) => text.Append(
        CultureInfo.InvariantCulture,
        $"{name} over {allocations.Messages:N0} messages: {allocations.ClientBytes} bytes by the client, {allocations.ServerBytes} by the server.\n");

    private static void Row(StringBuilder text, string name, Latency latency, double ratio) =>
        text.Append(CultureInfo.InvariantCulture, $"{name,-66} {latency.P50 / 1000,9:F2} {latency.P99 / 1000,9:F2} {ratio,9:F3}\n");
}

/// <summary>The medians of all rounds that only two processors allow. Times are in nanoseconds.</summary>
internal sealed record TwoProcessorsReport
{
    /// <summary>The ping-pong in C with both sides on one processor, which no message has to wake up.</summary>
    public required Latency SharedFloor { get; init; }

    public required Latency SpinningFloor { get; init; }

    public required Latency SpinningMessage { get; init; }

    public required double SpinningMessageToFloor { get; init; }

    public required double SpinningMessageToSharedFloor { get; init; }

    public required Allocations SpinningAllocations { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RoundTripReport))]
[JsonSerializable(typeof(ManyClientsReport))]
[JsonSerializable(typeof(SurvivalReport))]
[JsonSerializable(typeof(NvmeSurvivalReport))]
[JsonSerializable(typeof(NvmeBenchReport))]
internal sealed partial class ReportContext : JsonSerializerContext;
