using System.Diagnostics;
using System.Globalization;

namespace VfioSharp.Fuzz;

/// <summary>Attacks a server with conversations, one after another, and looks at it in between.</summary>
internal sealed class ServerFuzz(FuzzPlan plan, IVictim victim, string socketPath)
{
    private const int WarmUpConversations = 100;

    /// <summary>The conversation of a seed, mutated, with one of some functions.</summary>
    public static Conversation Make(ulong seed, IReadOnlyList<VictimFunction> functions)
    {
        var dice = new Dice(seed);
        var conversation = ConversationGenerator.Make(dice, seed, functions[dice.Below(functions.Count)]);
        ConversationMutator.Mutate(conversation, dice);
        return conversation;
    }

    /// <summary>Attacks until it is enough, or the victim has done something wrong.</summary>
    public FuzzReport Run()
    {
        using var fds = new FdSupply();
        var attack = new ServerAttack(socketPath, fds);
        var honest = plan.Functions.Select(function => new HonestClient(function, socketPath)).ToArray();
        var watch = new VictimWatch(victim);
        var clock = Stopwatch.StartNew();
        var index = plan.First;
        string? failure = null;
        Conversation? suspect = null;
        for (; failure is null && attack.MessageCount < plan.Messages && index - plan.First < plan.Conversations; index++)
        {
            var conversation = Make(Dice.SeedOf(plan.Seed, index), plan.Functions);
            failure = Try(() => attack.Play(conversation));
            suspect = conversation;
            var done = index - plan.First + 1;
            if (failure is null && done % plan.CheckEvery == 0)
            {
                failure = Try(() => Check(honest)) ?? watch.Check();
                plan.Progress?.WriteLine($"{attack.MessageCount} messages, {ProcessCensus.Take(victim.ProcessId)}");
            }

            if (failure is null && done == WarmUpConversations)
                failure = watch.Settle();
            if (failure is not null)
                failure = Describe(conversation, index, failure);
        }

        failure ??= Try(() => Check(honest)) ?? watch.CheckAtEnd();
        return new FuzzReport
        {
            Conversations = index - plan.First,
            Messages = attack.MessageCount,
            Replies = attack.Replies,
            Answers = string.Create(
                CultureInfo.InvariantCulture,
                $"{attack.Replies}\n{attack.Commands.All:N0} commands of the servers' own came, {attack.Commands.OverTwin:N0} of them over a twin socket"),
            ServerCommands = attack.Commands,
            Elapsed = clock.Elapsed,
            Warm = watch.Warm,
            Last = victim.FindComplaint() is null ? VictimCensus.Take(victim) : default,
            Failure = failure,
            Suspect = failure is null ? null : suspect,
        };
    }

    /// <summary>Holds one conversation with a victim that has met nobody before.</summary>
    /// <returns>What the victim did wrong; null where nothing.</returns>
    public static string? Replay(Conversation conversation, IVictim victim, string socketPath)
    {
        using var fds = new FdSupply();
        var honest = new HonestClient(conversation.Function, socketPath);
        var watch = new VictimWatch(victim);
        return Try(() => honest.Check() ?? watch.Settle() ?? new ServerAttack(socketPath, fds).Play(conversation) ?? honest.Check() ?? watch.Check());
    }

    private static string? Check(IEnumerable<HonestClient> honest) => honest.Select(client => client.Check()).FirstOrDefault(failure => failure is not null);

    // What ends an attack from outside: the server is gone, or an honest client was refused.
    private static string? Try(Func<string?> step)
    {
        try
        {
            return step();
        }
        catch (Exception failure) when (failure is FuzzException or VfioException)
        {
            return failure.Message;
        }
    }

    private string Describe(Conversation conversation, long index, string failure)
    {
        // A server that is about to die of something still accepts.
        Thread.Sleep(200);
        var complaint = victim.FindComplaint() is { } text && text != failure ? $"\n{text}" : "";
        return $"""
            The server {failure}{complaint}
            It was found in conversation {index} of seed {plan.Seed}, or one of up to {plan.CheckEvery} before it. To see it again:
              tests/fuzz --target server --seed {plan.Seed} --first {Math.Max(plan.First, index - plan.CheckEvery)} --conversations {plan.CheckEvery + 1}{plan.FunctionsArgument}
            {conversation}
            """;
    }
}
