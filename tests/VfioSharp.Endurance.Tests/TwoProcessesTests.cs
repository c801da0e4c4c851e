using VfioSharp.TwoProcesses;

namespace VfioSharp.Endurance.Tests;

/// <summary>The short versions of bench/many-clients, bench/survival and of what bench/round-trip says of allocations.</summary>
public sealed class TwoProcessesTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "VfioSharp.TwoProcesses");

    private readonly SocketFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sixty_four_clients_of_one_process_get_their_own_answers()
    {
        var report = new ManyClients(Program, _folder.FullName, 64).Run(TimeSpan.FromSeconds(2));

        Assert.True(report.SlowestClientRoundTrips > 0);
        Assert.True(report.DmaMoves >= 64);
    }

    [Fact]
    public void A_server_that_is_killed_under_messages_is_noticed_within_a_second() => new Survival(Program, _folder.FullName).KillServerUnderMessages();

    [Fact]
    public void A_server_that_is_killed_under_loads_and_stores_is_noticed_within_a_second() => new Survival(Program, _folder.FullName).KillServerUnderLoads();

    [Fact]
    public void A_client_that_is_killed_under_messages_makes_way_for_the_next() => new Survival(Program, _folder.FullName).KillClientUnderMessages();

    [Fact]
    public void A_client_that_is_killed_under_loads_and_stores_makes_way_for_the_next() => new Survival(Program, _folder.FullName).KillClientUnderLoads();

    // Threads that spin lose their turn where others compete for the processors, so that fewer messages have to do.
    [Theory]
    [InlineData(false, 20_000)]
    [InlineData(true, 300)]
    public void A_message_allocates_nothing_on_either_side(bool polls, int messages)
    {
        const int SmallestObjectInBytes = 24;
        using var server = SecondProcess.Serve(Program, _folder.FullName, 1, polls);
        using var scratch = new Scratch(ServingProcess.SocketPath(_folder.FullName, 0), new VfioOptions { BusyPoll = polls });
        // What is made once, on first use, is made here.
        Allocations.Count(server, scratch, messages);

        var allocations = Allocations.Count(server, scratch, messages);

        Assert.Equal(0, allocations.ClientBytes);
        // Not an object a message, nor every tenth: the runtime compiles meanwhile, in threads of its own that allocate.
        Assert.InRange(allocations.ServerBytes, 0, messages / 10 * SmallestObjectInBytes);
    }
}
