namespace System.Runtime.InteropServices;

/// <summary>The signals that the command listens to.</summary>
internal enum PosixSignal
{
    SIGTERM = -4,
    SIGINT = -2,
}

/// <summary>A signal that arrived.</summary>
internal sealed class PosixSignalContext(PosixSignal signal)
{
    /// <summary>Which.</summary>
    public PosixSignal Signal { get; } = signal;

    /// <summary>Whether the process goes on.</summary>
    public bool Cancel { get; set; }
}

/// <summary>
/// Listens to Ctrl-C as the console does. SIGTERM is not heard, since netstandard2.1 has no way to: it ends the process, and the kernel
/// closes what it had open.
/// </summary>
internal sealed class PosixSignalRegistration : IDisposable
{
    private readonly Action<PosixSignalContext> _handler;

    private PosixSignalRegistration(PosixSignal signal, Action<PosixSignalContext> handler)
    {
        _handler = handler;
        if (signal == PosixSignal.SIGINT)
            Console.CancelKeyPress += Handle;
    }

    /// <summary>Begins to listen.</summary>
    /// <returns>What ends it.</returns>
    public static PosixSignalRegistration Create(PosixSignal signal, Action<PosixSignalContext> handler) => new(signal, handler);

    public void Dispose() => Console.CancelKeyPress -= Handle;

    private void Handle(object? sender, ConsoleCancelEventArgs arguments)
    {
        var context = new PosixSignalContext(PosixSignal.SIGINT);
        _handler(context);
        arguments.Cancel = context.Cancel;
    }
}
