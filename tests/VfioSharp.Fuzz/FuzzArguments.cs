using System.Globalization;

namespace VfioSharp.Fuzz;

/// <summary>What the command line asks for.</summary>
internal sealed record FuzzArguments(FuzzPlan Plan, bool IsClient)
{
    private static readonly string Usage = $"""
        tests/fuzz [--target server|client] [--function NAME] [--messages N] [--seed N] [--first N] [--conversations N] [--check-every N] [--verbose]

        Attacks a vfio-user server, or lies to a client, that runs in a process of its own, with conversations that follow from the seed, until N messages
        were sent. Exit code 0 where the target withstood, 1 where it did not, with how to see it again.

          --target server|client   default: server
          --function NAME          attack the server of this function alone: {string.Join(", ", VictimFunction.All.Select(function => function.Name))}
          --messages N             default: 1000000
          --seed N                 default: 1
          --first N                begin with this conversation, by its number
          --conversations N        end after as many
          --check-every N          look at the target after as many conversations; default: 50
          --verbose                tell of each look on standard error
        """;

    /// <summary>Reads a command line, and says on standard error what is wrong with it.</summary>
    /// <returns>The arguments; null where something is wrong, or help was asked for.</returns>
    public static FuzzArguments? Read(ReadOnlySpan<string> arguments)
    {
        var result = new FuzzArguments(new FuzzPlan { Messages = 1_000_000 }, false);
        while (!arguments.IsEmpty)
        {
            var isRead = arguments switch
            {
                ["--verbose", ..] => true,
                [_, _, ..] => true,
                _ => false,
            };
            if (!isRead || result.With(arguments) is not { } next)
            {
                Console.Error.WriteLine(Usage);
                return null;
            }

            arguments = arguments[(arguments[0] == "--verbose" ? 1 : 2)..];
            result = next;
        }

        return result;
    }

    private FuzzArguments? With(ReadOnlySpan<string> arguments)
    {
        if (arguments[0] == "--verbose")
            return this with { Plan = Plan with { Progress = Console.Error } };
        var (name, value) = (arguments[0], arguments[1]);
        if (name == "--target")
            return value is "server" or "client" ? this with { IsClient = value == "client" } : null;
        if (name == "--function")
            return VictimFunction.All.FirstOrDefault(function => function.Name == value) is { } only ? this with { Plan = Plan with { Functions = [only] } } : null;
        if (!ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        if (name == "--seed")
            return this with { Plan = Plan with { Seed = number } };
        if (number > long.MaxValue)
            return null;
        var count = (long)number;
        return name switch
        {
            "--messages" => this with { Plan = Plan with { Messages = count } },
            "--first" => this with { Plan = Plan with { First = count } },
            "--conversations" => this with { Plan = Plan with { Conversations = count } },
            "--check-every" when count is > 0 and <= int.MaxValue => this with { Plan = Plan with { CheckEvery = (int)count } },
            _ => null,
        };
    }
}
