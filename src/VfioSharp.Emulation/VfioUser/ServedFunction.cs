using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// What a server keeps over all of its clients: the function, which nobody else has meanwhile, the options, and counts that one thread writes and
/// any may read.
/// </summary>
internal sealed class ServedFunction : IDisposable
{
    private long _messages;
    private long _refusals;
    private long _clients;
    private long _faults;
    private Exception? _lastFault;

    /// <exception cref="InvalidOperationException">Somebody else has the function.</exception>
    public ServedFunction(PciFunction function, VfioUserServerOptions options)
    {
        Function = function;
        Options = options;
        Logger = options.Logger ?? NullLogger.Instance;
        // The function's author is to hear of what is wrong with them here, and not a client.
        Doorbells = function is IHasDoorbells { Doorbells: var doorbells } ? [.. doorbells.Where(IsWithinBar)] : [];
        function.PlugIn();
    }

    public PciFunction Function { get; }

    public VfioUserServerOptions Options { get; }

    public ILogger Logger { get; }

    /// <summary>The function's doorbells, as far as they lie in its BARs.</summary>
    public IReadOnlyList<Doorbell> Doorbells { get; }

    public long MessageCount => Volatile.Read(ref _messages);

    public long RefusalCount => Volatile.Read(ref _refusals);

    public long ClientCount => Volatile.Read(ref _clients);

    public long FaultCount => Volatile.Read(ref _faults);

    public Exception? LastFault => Volatile.Read(ref _lastFault);

    public void CountMessage() => Volatile.Write(ref _messages, _messages + 1);

    public void CountRefusal() => Volatile.Write(ref _refusals, _refusals + 1);

    public void CountClient() => Volatile.Write(ref _clients, _clients + 1);

    /// <summary>Gives the function back.</summary>
    public void Dispose() => Function.Unplug();

    /// <summary>Keeps and reports an exception, mostly of the function's own code, which is the author's to see and not the end of the server.</summary>
    public void ReportFault(Exception exception, string place)
    {
        Interlocked.Increment(ref _faults);
        Volatile.Write(ref _lastFault, exception);
        ServerLog.FunctionFault(Logger, exception, place);
    }

    private bool IsWithinBar(Doorbell doorbell) => Function.FindBar(doorbell.Bar) is { } bar
        && doorbell.Offset < bar.LengthInBytes && (ulong)doorbell.WidthInBytes <= bar.LengthInBytes - doorbell.Offset;
}
