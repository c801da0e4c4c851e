using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using VfioSharp.Dma;
using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

// One thread at a time is in here: the caller's with Manual, whoever holds the gate otherwise. A command that is in _inFlight may be completed
// at any moment, and be another command by then: nobody touches it here after that.
public sealed partial class NvmeQueuePair
{
    // Null where the caller's one thread does everything.
    private readonly object? _gate;

    // Commands that wait for a slot, in their order. Each later one waits behind them.
    private NvmeCommand? _firstWaiting;
    private NvmeCommand? _lastWaiting;
    private bool _isReaping;

    /// <summary>
    /// Sends any command. Its result is returned whatever its status is; what ended it by force is thrown.
    /// </summary>
    /// <param name="entry">The command, without identifier and data pointers.</param>
    /// <param name="data">Its data, in one piece; none by default.</param>
    /// <param name="timeout">How long it may take, or null for the queue pair's own time; <see cref="Timeout.InfiniteTimeSpan"/> for an Asynchronous Event Request.</param>
    /// <param name="cancellationToken">Aborts the command.</param>
    /// <returns>What the controller answered.</returns>
    /// <exception cref="NvmeException">
    /// The command was aborted because its time was over, or the controller was reset. Thrown here where the queue pair has failed already.
    /// </exception>
    /// <exception cref="OperationCanceledException">The command was aborted on cancellation.</exception>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed, or the data is not mapped.</exception>
    internal ValueTask<CommandResult> SubmitAsync(
        in SubmissionEntry entry, DmaMemory data = default, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return new ValueTask<CommandResult>(Task.FromCanceled<CommandResult>(cancellationToken));
        var timeoutInMilliseconds = timeout is { } time ? InMilliseconds(time) : _timeoutInMilliseconds;
        if (timeoutInMilliseconds != 0)
            _checkPeriodInMilliseconds = Math.Min(_checkPeriodInMilliseconds, CheckPeriod(timeoutInMilliseconds));
        var command = Send(
            in entry, new CommandData(DataPiece.Of(data)), timeoutInMilliseconds, SendMode.Ring, cancellationToken, out var version);
        return new ValueTask<CommandResult>(command, version);
    }

    /// <summary>Begins a batch of commands.</summary>
    /// <returns>The batch.</returns>
    public NvmeBatch BeginBatch() => new(this);

    /// <summary>Adds a command of a batch, unless the queue is full.</summary>
    internal bool TryAdd(
        IoOpcode opcode,
        NvmeNamespace @namespace,
        ulong lba,
        in DmaMemory memory,
        out ValueTask<int> completion,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var entry = Describe(opcode, @namespace, lba, in memory, out var data);
        if (_gate is null)
            return TryHoldAlone(in entry, new CommandData(data), out completion, cancellationToken);
        bool isAdded;
        lock (_gate)
            isAdded = TryHoldAlone(in entry, new CommandData(data), out completion, cancellationToken);
        WakeParkedThread();
        return isAdded;
    }

    /// <summary>Tells the controller of commands of which it was not told.</summary>
    internal void Ring()
    {
        if (_gate is null)
        {
            RingAlone();
            return;
        }

        lock (_gate)
            RingAlone();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private NvmeCommand Send(
        in SubmissionEntry entry,
        in CommandData data,
        long timeoutInMilliseconds,
        SendMode mode,
        CancellationToken cancellationToken,
        out short version) => _gate is null
            ? SendAlone(in entry, in data, timeoutInMilliseconds, mode, cancellationToken, out version)
            : SendInTurn(in entry, in data, timeoutInMilliseconds, mode, cancellationToken, out version);

    private NvmeCommand SendInTurn(
        in SubmissionEntry entry,
        in CommandData data,
        long timeoutInMilliseconds,
        SendMode mode,
        CancellationToken cancellationToken,
        out short version)
    {
        NvmeCommand command;
        lock (_gate!)
        {
            command = SendAlone(in entry, in data, timeoutInMilliseconds, mode, cancellationToken, out version);
            // The thread that reaps may have freed a slot and looked for commands that wait just before this one began to.
            if (_firstWaiting is not null)
                SendWaitingLocked();
        }

        WakeParkedThread();
        return command;
    }

    private NvmeCommand SendAlone(
        in SubmissionEntry entry,
        in CommandData data,
        long timeoutInMilliseconds,
        SendMode mode,
        CancellationToken cancellationToken,
        out short version)
    {
        var command = Begin(in entry, in data, timeoutInMilliseconds, cancellationToken, out version);
        command.IsWaitedFor = mode == SendMode.RingAndWait;
        if (_firstWaiting is null && _freeSlots.TryTake(out var slot))
        {
            Place(command, slot, in data);
            // What is sent in the middle of reaping is told of at its end, all at once.
            if (!_isReaping)
                _submissions.Ring();
        }
        else
        {
            Wait(command, in data);
        }

        return command;
    }

    private bool TryHoldAlone(in SubmissionEntry entry, in CommandData data, out ValueTask<int> completion, CancellationToken cancellationToken)
    {
        if (_firstWaiting is not null || !_freeSlots.TryTake(out var slot))
        {
            ThrowIfClosed();
            completion = default;
            return false;
        }

        NvmeCommand command;
        short version;
        try
        {
            command = Begin(in entry, in data, _timeoutInMilliseconds, cancellationToken, out version);
        }
        catch
        {
            // Nothing of the slot was used: the next one takes it.
            _freeSlots.Untake();
            throw;
        }

        Place(command, slot, in data);
        completion = new ValueTask<int>(command, version);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private NvmeCommand Begin(
        in SubmissionEntry entry, in CommandData data, long timeoutInMilliseconds, CancellationToken cancellationToken, out short version)
    {
        ThrowIfClosed();
        if (Id != 0 && NvmeMetrics.Commands.Enabled)
            NvmeMetrics.Commands.Add(1, NvmeMetrics.IoQueue);
        var command = _pool.Take();
        version = command.Version;
        command.Begin(in entry, data.LengthInBytes, timeoutInMilliseconds, cancellationToken);
        return command;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Place(NvmeCommand command, int slot, in CommandData data)
    {
        var entry = command.Entry;
        // The low bits name the slot; the rest differs from the slot's last commands', so that a completion that comes late or twice is told apart.
        var id = (ushort)(_ids[slot] + (1 << _slotBits));
        _ids[slot] = id;
        command.Id = id;
        entry.CommandId = id;
        if (data.Pieces is { } pieces)
            _data.Describe(ref entry, slot, pieces);
        else if (data.Ranges is { } ranges)
            _data.Describe(ref entry, slot, ranges);
        else
            _data.Describe(ref entry, slot, data.Piece);
        _submissions.Add(in entry);
        var canBeCancelled = command.CanBeCancelled;
        Volatile.Write(ref _inFlight[slot], command);
        if (canBeCancelled)
            LookForCancellation(slot);
    }

    private void Wait(NvmeCommand command, in CommandData data)
    {
        command.Data = data;
        if (_firstWaiting is null)
            Volatile.Write(ref _firstWaiting, command);
        else
            _lastWaiting!.Next = command;
        _lastWaiting = command;
        // With the reaping thread's barrier: it sees this command, or the look at the free slots that follows sees what it freed.
        Interlocked.MemoryBarrier();
    }

    private void SendWaiting()
    {
        if (_gate is null)
        {
            SendWaitingLocked();
            return;
        }

        lock (_gate)
            SendWaitingLocked();
    }

    private void SendWaitingLocked()
    {
        while (_firstWaiting is { } command && _freeSlots.TryTake(out var slot))
        {
            RemoveFirstWaiting();
            Place(command, slot, in command.Data);
        }

        if (_submissions.MustRing && !_isReaping)
            _submissions.Ring();
    }

    private void RemoveFirstWaiting()
    {
        var command = _firstWaiting!;
        _firstWaiting = command.Next;
        command.Next = null;
        if (_firstWaiting is null)
            _lastWaiting = null;
    }

    private void RingAlone()
    {
        if (_submissions.MustRing)
            _submissions.Ring();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ThrowIfClosed()
    {
        if (_isClosed || _failure is not null)
            ThrowClosed();
    }

    [DoesNotReturn]
    private void ThrowClosed()
    {
        if (_failure is { } failure && !_isDisposed)
            throw new NvmeException(failure.Reason, $"The queue pair {Id} of {Owner.Address} has ended: {failure.Message}", failure);
        throw new ObjectDisposedException(GetType().FullName, $"The queue pair {Id} of {Owner.Address} is disposed.");
    }

    /// <summary>What is to happen when a command is in the queue.</summary>
    private enum SendMode
    {
        /// <summary>The controller is told.</summary>
        Ring,

        /// <summary>The controller is told, and a thread blocks until the command has ended.</summary>
        RingAndWait,
    }
}
