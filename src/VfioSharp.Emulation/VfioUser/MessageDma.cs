using System.Diagnostics;
using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// Memory of a client that came without a descriptor: reached by VFIO_USER_DMA_READ and VFIO_USER_DMA_WRITE, which the client answers. One command
/// is under way at a time. Used on the thread that does the function's work, with the gate closed, which is open while the answer is awaited.
/// </summary>
/// <remarks>
/// The client may be waiting itself, for the answer to a request that it sent before (QEMU's processor that reads a register holds the lock without which
/// nothing else is done). So requests are answered meanwhile: by the connection's thread where another does the work, and otherwise right here.
/// </remarks>
internal sealed unsafe class MessageDma(ClientConnection connection, FunctionGate gate, ServedFunction served) : IDisposable
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
        try
        {
            var (own, clients) = UnixSocket.CreatePair();
            own.SetTimeouts(null, served.Options.SendTimeout);
            _twinReceiver = new MessageReceiver(own, served.Options.LongestMessageInBytes, mostFds: 1);
            lock (_lock)
                _twin = own;
            return clients;
        }
        catch (VfioException exception)
        {
            ServerLog.NoTwinSocket(served.Logger, exception);
            return null;
        }
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

    private void WaitForOtherThread(long deadline)
    {
        lock (_lock)
        {
            while (_state == State.Waiting && RemainingMilliseconds(deadline) is > 0 and var remaining)
                Monitor.Wait(_lock, remaining);
        }
    }

    private void HandleMessages(long deadline)
    {
        while (IsWaiting)
        {
            var isIdle = true;
            if (_twin is not null && !TryHandleTwin(ref isIdle))
            {
                Close();
                return;
            }

            if (gate.IsConnectionsThread && !connection.TryHandle(ref isIdle))
            {
                Close();
                return;
            }

            if (!isIdle || !IsWaiting)
                continue;
            var remaining = RemainingMilliseconds(deadline);
            if (remaining <= 0)
                return;
            WaitForSockets(remaining);
        }
    }

    private void WaitForSockets(int milliseconds)
    {
        var polls = stackalloc Libc.PollDescriptor[2];
        var count = 0;
        if (gate.IsConnectionsThread)
            polls[count++] = new Libc.PollDescriptor { Descriptor = connection.DescriptorNumber, Events = Libc.POLLIN };
        if (_twin is not null)
            polls[count++] = new Libc.PollDescriptor { Descriptor = _twin.Descriptor.Number, Events = Libc.POLLIN };
        // An error is as good as a message: the sockets are looked at again, and the time as well.
        _ = Libc.poll(polls, (nuint)count, milliseconds);
    }

    // Whether the twin socket goes on. What comes over it other than the reply that is awaited has no meaning, and no answer.
    private bool TryHandleTwin(ref bool isIdle)
    {
        var status = _twinReceiver!.TryReceive();
        if (status is ReceiveStatus.Nothing)
            return true;
        isIdle = false;
        if (status is ReceiveStatus.Message && _twinReceiver.Header.IsReply)
        {
            lock (_lock)
                TryComplete(_twinReceiver);
        }

        return status is ReceiveStatus.Message or ReceiveStatus.TooShort;
    }

    private bool TryComplete(MessageReceiver reply)
    {
        if (reply.Header.Command is not (VfioUserCommand.DmaRead or VfioUserCommand.DmaWrite))
            return false;
        if (_state != State.Waiting || reply.Header.MessageId != _id || reply.Header.Command != _command)
        {
            if (_abandoned == 0)
                return false;
            _abandoned--;
            return true;
        }

        var complaint = Check(reply);
        if (complaint is null && _destination is not null)
            reply.Payload[DmaAccessMessage.SizeInBytes..].CopyTo(new Span<byte>(_destination, (int)_access.Count));
        if (complaint is not null)
            ServerLog.BadDmaReply(served.Logger, _command, _access.Count, _access.Address, complaint);
        _state = complaint is null ? State.Done : State.Failed;
        _destination = null;
        Monitor.PulseAll(_lock);
        return true;
    }

    // The reply to a write repeats its address and count; QEMU 10.1, and others before, sent a header alone.
    private string? Check(MessageReceiver reply)
    {
        if (reply.Header.IsError)
            return $"it refused with error {reply.Header.Error}";
        if (_command == VfioUserCommand.DmaWrite && reply.Payload.IsEmpty)
            return null;
        var expected = DmaAccessMessage.SizeInBytes + (_command == VfioUserCommand.DmaRead ? (int)_access.Count : 0);
        if (reply.Payload.Length != expected)
            return $"the reply has {reply.Payload.Length} bytes instead of {expected}";
        var access = MemoryMarshal.Read<DmaAccessMessage>(reply.Payload);
        return access.Address == _access.Address && access.Count == _access.Count
            ? null
            : $"the reply is of {access.Count} bytes at 0x{access.Address:x}";
    }

    private static int RemainingMilliseconds(long deadline)
    {
        var ticks = deadline - Stopwatch.GetTimestamp();
        return ticks <= 0 ? 0 : (int)Math.Min(int.MaxValue, ticks * 1000 / Stopwatch.Frequency + 1);
    }
}
