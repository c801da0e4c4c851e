using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>What a server keeps over all of its clients: the function, the options, and counts that one thread writes and any may read.</summary>
internal sealed class ServedFunction(PciFunction function, VfioUserServerOptions options)
{
    private long _messages;
    private long _refusals;
    private long _clients;
    private long _faults;
    private Exception? _lastFault;

    public PciFunction Function { get; } = function;

    public VfioUserServerOptions Options { get; } = options;

    public ILogger Logger { get; } = options.Logger ?? NullLogger.Instance;

    public long MessageCount => Volatile.Read(ref _messages);

    public long RefusalCount => Volatile.Read(ref _refusals);

    public long ClientCount => Volatile.Read(ref _clients);

    public long FaultCount => Volatile.Read(ref _faults);

    public Exception? LastFault => Volatile.Read(ref _lastFault);

    public void CountMessage() => Volatile.Write(ref _messages, _messages + 1);

    public void CountRefusal() => Volatile.Write(ref _refusals, _refusals + 1);

    public void CountClient() => Volatile.Write(ref _clients, _clients + 1);

    /// <summary>Keeps and reports an exception, mostly of the function's own code, which is the author's to see and not the end of the server.</summary>
    public void ReportFault(Exception exception, string place)
    {
        Interlocked.Increment(ref _faults);
        Volatile.Write(ref _lastFault, exception);
        ServerLog.FunctionFault(Logger, exception, place);
    }
}
