using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.Fuzz;

/// <summary>A server of the stock function scratch in this process.</summary>
internal sealed class ServedScratch : IVictim
{
    // A client that does not answer costs a conversation no more than this.
    private static readonly TimeSpan PatienceWithClients = TimeSpan.FromMilliseconds(50);

    private readonly VfioUserServer _server;
    private readonly StrayExceptions _strays = new();

    public ServedScratch(string path) => _server = VfioUserServer.Listen(
        new ScratchFunction(), path, new VfioUserServerOptions { ReplyTimeout = PatienceWithClients });

    public int ProcessId => Environment.ProcessId;

    public string? FindComplaint() => _server.LastFunctionFault is { } fault ? $"The function threw: {fault}"
        : _server.Completion.IsCompleted ? $"The server has ended: {_server.Completion.Exception}"
        : _strays.First;

    public long CountHeapBytes() => GC.GetTotalMemory(forceFullCollection: true);

    public void Dispose()
    {
        _server.Dispose();
        _strays.Dispose();
    }
}
