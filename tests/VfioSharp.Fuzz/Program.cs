using System.Globalization;
using VfioSharp;
using VfioSharp.Fuzz;

// tests/fuzz starts it as the attacker; as such it starts itself again as the victim, in a process of its own, so that a victim that dies is seen.
try
{
    return args switch
    {
        ["victim-server", var path, .. var names] => LetServer(path, names),
        ["victim-client", var path] => LetClient(path),
        _ => FuzzArguments.Read(args) is { } arguments ? Attack(arguments) : 2,
    };
}
catch (Exception failure) when (failure is VfioException or FuzzException)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

static int LetServer(string path, string[] names)
{
    using var victim = new ServedFunctions(path, VictimFunction.All.Where(function => names.Contains(function.Name)));
    VictimProcess.Answer(victim);
    return 0;
}

static int LetClient(string path)
{
    using var victim = new DrivenClient(path);
    VictimProcess.Answer(
        victim,
        seed => victim.Drive(ulong.Parse(seed, CultureInfo.InvariantCulture))?.Replace("\n", "\\n", StringComparison.Ordinal) ?? VictimProcess.None);
    return 0;
}

static int Attack(FuzzArguments arguments)
{
    var folder = Directory.CreateTempSubdirectory("vfiosharp-fuzz-");
    try
    {
        var socket = Path.Combine(folder.FullName, "socket");
        var report = arguments.IsClient ? AttackClient(arguments.Plan, socket) : AttackServer(arguments.Plan, socket);
        Console.WriteLine(report);
        if (report.Failure is null)
            return 0;
        Console.Error.WriteLine(report.Failure);
        if (report.Suspect is { } suspect)
        {
            Console.Error.WriteLine(new Shrinker(conversation => Replay(conversation, socket)).Shrink(suspect) is { } shortest
                ? $"What is left of the last conversation that does it alone: {shortest}"
                : "The last conversation does not do it alone.");
        }

        return 1;
    }
    finally
    {
        folder.Delete(recursive: true);
    }
}

static FuzzReport AttackServer(FuzzPlan plan, string socket)
{
    using var victim = new VictimProcess(["victim-server", socket, .. plan.Functions.Select(function => function.Name)]);
    return new ServerFuzz(plan, victim, socket).Run();
}

static string? Replay(Conversation conversation, string socket)
{
    using var victim = new VictimProcess("victim-server", socket, conversation.Function.Name);
    return ServerFuzz.Replay(conversation, victim, socket);
}

static FuzzReport AttackClient(FuzzPlan plan, string socket)
{
    using var fuzz = new ClientFuzz(plan, socket);
    using var victim = new VictimProcess("victim-client", socket);
    return fuzz.Run(
        victim,
        seed => victim.Ask(seed.ToString(CultureInfo.InvariantCulture)) is var answer && answer == VictimProcess.None ? null : answer.Replace("\\n", "\n", StringComparison.Ordinal));
}
