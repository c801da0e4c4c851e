using System.Globalization;
using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.TwoProcesses;

/// <summary>What the second process does: it serves functions until its standard input ends, and answers the questions that come there.</summary>
internal static class ServingProcess
{
    public const string Ready = "ready";
    public const string AskAllocated = "allocated";

    // Between two rounds of a measurement, where others are measured, no server spins.
    private static readonly TimeSpan SpinLimit = TimeSpan.FromMilliseconds(2);

    /// <summary>The path of one of the sockets.</summary>
    public static string SocketPath(string folder, int number) => Path.Combine(folder, FormattableString.Invariant($"scratch-{number}"));

    /// <summary>Serves.</summary>
    /// <param name="folder">Where the sockets are made.</param>
    /// <param name="count">How many functions, each at a socket of its own.</param>
    /// <param name="polls">Whether the last of them is served by a thread that spins.</param>
    public static void Run(string folder, int count, bool polls)
    {
        var servers = new List<VfioUserServer>();
        try
        {
            for (var number = 0; number < count; number++)
            {
                var options = new VfioUserServerOptions { BusyPoll = polls && number == count - 1, BusyPollLimit = SpinLimit };
                servers.Add(VfioUserServer.Listen(new ScratchFunction(), SocketPath(folder, number), options));
            }

            Answer();
        }
        finally
        {
            foreach (var server in servers)
                server.Dispose();
        }
    }

    /// <summary>Says that the process is ready, and answers questions until standard input ends.</summary>
    public static void Answer()
    {
        Console.WriteLine(Ready);
        while (Console.ReadLine() is { } question)
            Console.WriteLine(
                question == AskAllocated ? GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture) : $"What is {question}?");
    }
}
