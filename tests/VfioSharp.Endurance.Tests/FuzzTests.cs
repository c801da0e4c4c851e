using VfioSharp.Fuzz;

namespace VfioSharp.Endurance.Tests;

/// <summary>The short version of tests/fuzz: another seed than its default, and the victim in this process.</summary>
public sealed class FuzzTests : IDisposable
{
    private static readonly FuzzPlan Plan = new() { Seed = 4, Messages = 20_000 };

    private readonly SocketFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_server_withstands_20000_messages_of_mutated_conversations()
    {
        using var victim = new ServedFunctions(_folder.Socket, Plan.Functions);

        var report = new ServerFuzz(Plan, victim, _folder.Socket).Run();

        Assert.True(report.Failure is null, report.Failure);
        Assert.True(report.Messages >= Plan.Messages);
        // Were everything refused, little of the server would have been tried; and the other way round.
        var replies = report.Replies!;
        Assert.InRange(replies.Good, replies.All / 4, replies.All * 9 / 10);
        // Memory was reached by messages, and some of these had a socket of their own.
        Assert.True(report.ServerCommands.All > Plan.Messages / 50, report.ToString());
        Assert.True(report.ServerCommands.OverTwin > 0, report.ToString());
    }

    [Fact]
    public void A_client_withstands_20000_messages_of_lies()
    {
        using var fuzz = new ClientFuzz(Plan, _folder.Socket);
        using var victim = new DrivenClient(_folder.Socket);

        var report = fuzz.Run(victim, victim.Drive);

        Assert.True(report.Failure is null, report.Failure);
        Assert.True(report.Messages >= Plan.Messages);
    }

    [Fact]
    public void A_server_outlives_a_client_that_maps_more_pieces_than_a_process_can() => Replay(FoundInputs.MapMoreThanAProcessHas());

    [Fact]
    public void A_server_outlives_a_client_that_maps_more_bytes_than_a_process_has_addresses() => Replay(FoundInputs.MapAllAddresses());

    [Fact]
    public void A_seed_says_all_of_a_conversation()
    {
        for (var index = 0; index < 200; index++)
        {
            var seed = Dice.SeedOf(7, index);
            Assert.Equal(Make(seed).Messages.Select(Show), Make(seed).Messages.Select(Show));
        }

        static Conversation Make(ulong seed) => ServerFuzz.Make(seed, VictimFunction.All);

        static string Show(FuzzMessage message) =>
            $"{Convert.ToHexString(message.Bytes)} {string.Join(',', message.Fds)} {string.Join(',', message.Cuts)} {string.Join(',', message.Deeds)}";
    }

    [Fact]
    public void A_conversation_is_well_formed_before_it_is_mutated()
    {
        for (var index = 0; index < 200; index++)
        {
            var seed = Dice.SeedOf(8, index);
            Assert.All(
                ConversationGenerator.Make(new Dice(seed), seed, VictimFunction.All[index % VictimFunction.All.Count]).Messages,
                message => Assert.True(message.IsFramed && message.Header.IsCommand, message.ToString()));
        }
    }

    [Fact]
    public void Dice_are_those_of_the_paper()
    {
        var dice = new Dice(1234567);

        Assert.Equal(6457827717110365317ul, dice.Next());
        Assert.Equal(3203168211198807973ul, dice.Next());
    }

    private void Replay(Conversation found)
    {
        using var victim = new ServedFunctions(_folder.Socket, [found.Function]);

        var failure = ServerFuzz.Replay(found, victim, _folder.Socket);

        Assert.True(failure is null, failure);
    }
}
