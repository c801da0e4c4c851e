using VfioSharp.Emulation;
using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.Fuzz;

/// <summary>Servers of stock functions in this process, one each.</summary>
internal sealed class ServedFunctions : IVictim
{
    // A client that does not answer costs a conversation no more than this for each access.
    private static readonly TimeSpan PatienceWithClients = TimeSpan.FromMilliseconds(10);

    private readonly List<(VfioUserServer Server, PciFunction Function, string Name)> _served = [];
    private readonly StrayExceptions _strays = new();

    /// <summary>Serves.</summary>
    /// <param name="path">What the sockets' paths begin with.</param>
    /// <param name="functions">What is served.</param>
    public ServedFunctions(string path, IEnumerable<VictimFunction> functions)
    {
        foreach (var function in functions)
        {
            var options = new VfioUserServerOptions
            {
                ReplyTimeout = PatienceWithClients,
                BusyPoll = function.IsPolled,
                BusyPollLimit = TimeSpan.FromMilliseconds(1),
            };
            var made = StockFunctions.Create(function.Text);
            _served.Add((VfioUserServer.Listen(made, function.SocketBeside(path), options), made, function.Name));
        }
    }

    public int ProcessId => Environment.ProcessId;

    public string? FindComplaint()
    {
        foreach (var (server, _, name) in _served)
        {
            if (server.LastFunctionFault is { } fault)
                return $"The function {name} threw: {fault}";
            if (server.Completion.IsCompleted)
                return $"The server of {name} has ended: {server.Completion.Exception}";
        }

        return _strays.First;
    }

    public long CountHeapBytes() => GC.GetTotalMemory(forceFullCollection: true);

    public void Dispose()
    {
        foreach (var (server, function, _) in _served)
        {
            server.Dispose();
            function.Dispose();
        }

        _strays.Dispose();
    }
}
