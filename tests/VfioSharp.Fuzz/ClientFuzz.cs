using System.Diagnostics;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>Lies to a client, connection after connection, and looks at it in between.</summary>
internal sealed class ClientFuzz : IDisposable
{
    private const int WarmUpConversations = 100;
    private const int HonestEvery = 6;

    /// <summary>How long a client may take over one connection, each of whose requests it gives up after a fraction of that.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FuzzPlan _plan;
    private readonly UnixListener _listener;

    /// <summary>Listens.</summary>
    /// <param name="plan">How much, from which seed.</param>
    /// <param name="socketPath">Where.</param>
    public ClientFuzz(FuzzPlan plan, string socketPath)
    {
        _plan = plan;
        _listener = UnixListener.Listen(socketPath, 8);
    }

    /// <summary>Whether a conversation is without lies, and what it and the client's use of the device follow from.</summary>
    public static (bool IsHonest, Dice Server, Dice Client) Make(ulong seed)
    {
        var dice = new Dice(seed);
        return (dice.OneIn(HonestEvery), new Dice(dice.Next()), new Dice(dice.Next()));
    }

    /// <summary>Lies until it is enough, or the client has done something wrong.</summary>
    /// <param name="victim">Where the client lives.</param>
    /// <param name="drive">Has it open, use and close the device by a conversation's seed; returns what it did wrong, or null.</param>
    public FuzzReport Run(IVictim victim, Func<ulong, string?> drive)
    {
        using var fds = new FdSupply();
        var server = new HostileServer(_listener, fds);
        var watch = new VictimWatch(victim);
        var clock = Stopwatch.StartNew();
        var index = _plan.First;
        string? failure = null;
        for (; failure is null && server.MessageCount < _plan.Messages && index - _plan.First < _plan.Conversations; index++)
        {
            failure = Converse(server, drive, Dice.SeedOf(_plan.Seed, index));
            var done = index - _plan.First + 1;
            if (failure is null && done % _plan.CheckEvery == 0)
            {
                failure = watch.Check();
                _plan.Progress?.WriteLine($"{server.MessageCount} messages, {ProcessCensus.Take(victim.ProcessId)}");
            }

            if (failure is null && done == WarmUpConversations)
                failure = watch.Settle();
            if (failure is not null)
            {
                failure = $"""
                    The client {failure}
                    It was found in conversation {index} of seed {_plan.Seed}. To see it again:
                      tests/fuzz --target client --seed {_plan.Seed} --first {index} --conversations 1
                    """;
            }
        }

        failure ??= watch.CheckAtEnd();
        return new FuzzReport
        {
            Conversations = index - _plan.First,
            Messages = server.MessageCount,
            Answers = $"{server.Commands.All:N0} commands came, {server.Commands.Truly:N0} of them were answered rightly; "
                + $"{server.Answers.All:N0} answers to the server's own came, {server.Answers.Granted:N0} without an error",
            Elapsed = clock.Elapsed,
            Warm = watch.Warm,
            Last = victim.FindComplaint() is null ? VictimCensus.Take(victim) : default,
            Failure = failure,
        };
    }

    public void Dispose() => _listener.Dispose();

    private string? Converse(HostileServer server, Func<ulong, string?> drive, ulong seed)
    {
        var (isHonest, dice, _) = Make(seed);
        var client = Task.Run(() => drive(seed));
        var serving = Task.Run(() => server.Serve(dice, isHonest));
        try
        {
            if (!client.Wait(Patience))
                return $"did not return within {Patience.TotalSeconds} s";
            // The client is done with its connection, and so the server is soon.
            if (!serving.Wait(Patience))
                return "left its connection open";
            return client.Result ?? serving.Result;
        }
        catch (AggregateException failures) when (failures.InnerException is FuzzException or VfioException)
        {
            return failures.InnerException.Message;
        }
    }
}
