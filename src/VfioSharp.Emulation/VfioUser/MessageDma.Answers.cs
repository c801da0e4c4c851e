using System.Diagnostics;
using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

// How an answer is waited for, and what counts as one.
internal sealed unsafe partial class MessageDma
{
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

            if (!IsWaiting)
                return;
            // Also for a client that has time for requests, and none for an answer.
            var remaining = RemainingMilliseconds(deadline);
            if (remaining <= 0)
                return;
            if (isIdle)
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
