using System.Diagnostics;
using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// Memory of a client that came without a descriptor: reached by VFIO_USER_DMA_READ and VFIO_USER_DMA_WRITE, which the client answers. One command
/// is under way at a time. Used on the thread that does the function's work, with the gate closed, which is open while the answer is awaited.
/// </summary>
/// <remarks>
/// The client may be waiting itself, for the answer to a request that it sent before (QEMU's processor that reads a register holds the lock without which
/// nothing else is done). So requests are answered meanwhile: by the connection's thread where another does the work, and otherwise right here.
/// </remarks>
internal sealed unsafe partial class MessageDma(ClientConnection connection, FunctionGate gate, ServedFunction served) : IDisposable
{
    private enum State
    {
        Idle,
        Waiting,
        Done,
        Failed,
    }

    private readonly object _lock = new();
    private UnixSocket? _twin;
    private MessageReceiver? _twinReceiver;
    private int _largestTransfer;
    private State _state;
    private ushort _id;
    private VfioUserCommand _command;
    private DmaAccessMessage _access;
    private byte* _destination;
    private int _abandoned;
    private bool _isClosed;

    private bool IsWaiting
    {
        get
        {
            lock (_lock)
                return _state == State.Waiting;
        }
    }

    /// <summary>Says how many bytes a command may carry.</summary>
    public void LimitDataTransfer(int lengthInBytes) => _largestTransfer = lengthInBytes;

    /// <summary>Makes a socket of its own for these commands.</summary>
    /// <returns>The client's end, which the caller sends and disposes of; null where the process has no descriptor left: the one socket then serves both.</returns>
    public UnixSocket? MakeTwinSocket()
    {
        (UnixSocket? Own, UnixSocket? Clients) pair = default;
        try
        {
            pair = UnixSocket.CreatePair();
            pair.Own!.SetTimeouts(null, served.Options.SendTimeout);
        }
        catch (VfioException exception)
        {
            pair.Own?.Dispose();
            pair.Clients?.Dispose();
            ServerLog.NoTwinSocket(served.Logger, exception);
            return null;
        }

        _twinReceiver = new MessageReceiver(pair.Own, served.Options.LongestMessageInBytes, mostFds: 1);
        lock (_lock)
            _twin = pair.Own;
        return pair.Clients;
    }

    /// <summary>Reads the client's memory.</summary>
    /// <returns>False where the client refuses, answers something else, does not answer in time, or is gone.</returns>
    public bool Read(ulong iova, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var piece = destination[..Math.Min(destination.Length, _largestTransfer)];
            fixed (byte* bytes = piece)
            {
                if (piece.IsEmpty || !Transact(VfioUserCommand.DmaRead, iova, piece.Length, bytes, default))
                    return false;
            }

            destination = destination[piece.Length..];
            iova += (ulong)piece.Length;
        }

        return true;
    }

    /// <summary>Writes the client's memory.</summary>
    /// <returns>False where the client refuses, answers something else, does not answer in time, or is gone.</returns>
    public bool Write(ulong iova, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            var piece = source[..Math.Min(source.Length, _largestTransfer)];
            if (piece.IsEmpty || !Transact(VfioUserCommand.DmaWrite, iova, piece.Length, null, piece))
                return false;
            source = source[piece.Length..];
            iova += (ulong)piece.Length;
        }

        return true;
    }

    /// <summary>Takes a reply that came over the connection.</summary>
    /// <returns>Whether it answers a command of the server, be it one that is given up already.</returns>
    public bool TryTake(MessageReceiver reply)
    {
        lock (_lock)
            return _twin is null && TryComplete(reply);
    }

    /// <summary>Fails the access that is under way, and all that come. May be called from any thread.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_state == State.Waiting)
                _state = State.Failed;
            Monitor.PulseAll(_lock);
            _twin?.Shutdown();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _twinReceiver?.Dispose();
        _twin?.Dispose();
    }

    private bool Transact(VfioUserCommand command, ulong iova, int length, byte* destination, ReadOnlySpan<byte> source)
    {
        gate.Exit();
        try
        {
            lock (_lock)
            {
                if (_isClosed)
                    return false;
                _id++;
                _command = command;
                _access = new DmaAccessMessage { Address = iova, Count = (ulong)length };
                _destination = destination;
                _state = State.Waiting;
            }

            if (!TrySend(source))
                return Abandon("the command could not be sent");
            var deadline = Stopwatch.GetTimestamp() + (long)(served.Options.ReplyTimeout.TotalSeconds * Stopwatch.Frequency);
            if (_twin is null && !gate.IsConnectionsThread)
                WaitForOtherThread(deadline);
            else
                HandleMessages(deadline);
            lock (_lock)
            {
                if (_state == State.Waiting)
                    return Abandon("no answer came in time");
                return _state == State.Done;
            }
        }
        finally
        {
            gate.Enter();
        }
    }

    private bool TrySend(ReadOnlySpan<byte> source)
    {
        Span<byte> head = stackalloc byte[VfioUserHeader.SizeInBytes + DmaAccessMessage.SizeInBytes];
        MemoryMarshal.Write(head, VfioUserHeader.ForCommand(_id, _command, DmaAccessMessage.SizeInBytes + source.Length));
        MemoryMarshal.Write(head[VfioUserHeader.SizeInBytes..], _access);
        var errno = _twin is null ? connection.Send(head, source) : _twin.Send(head, source, default);
        if (errno == Errno.None)
            return true;
        // A part may have been sent, so that nothing can come behind it.
        if (_twin is not null)
            Close();
        else
            connection.Stop();
        return false;
    }

    // The reply, should it come after all, is not to be taken for another's, nor for something that nobody asked for.
    private bool Abandon(string reason)
    {
        lock (_lock)
        {
            _state = State.Failed;
            _destination = null;
            _abandoned++;
        }

        ServerLog.BadDmaReply(served.Logger, _command, _access.Count, _access.Address, reason);
        return false;
    }
}
