using VfioSharp.Native;

namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>
/// Owns the descriptors that came over a socket until somebody takes them: first those of messages that are not complete yet, then those of
/// the message that is being dealt with. For one thread at a time.
/// </summary>
/// <param name="mostOfAMessage">How many a message may bring; the others are closed.</param>
internal sealed unsafe class ReceivedFds(int mostOfAMessage) : IDisposable
{
    private const int Taken = -1;

    // Of one message at a time, either waiting for its rest or dealt with: nothing more is read while a message is dealt with, and while
    // descriptors wait, only the rest of their message is.
    private readonly int[] _numbers = new int[mostOfAMessage];
    private long _endOfLastCall;
    private int _waiting;
    private bool _lost;

    /// <summary>Whether descriptors have come of a message that is not complete.</summary>
    public bool HasWaiting => _waiting != 0;

    /// <summary>How many the message has that is being dealt with.</summary>
    public int Count { get; private set; }

    /// <summary>Whether that message had more than it may, or the process could not take all of them.</summary>
    public bool HasLost { get; private set; }

    /// <summary>Keeps what a call brought.</summary>
    /// <param name="end">How many bytes of the stream there are with this call.</param>
    /// <param name="message">What recvmsg filled.</param>
    public void Add(long end, in Libc.MessageHeader message)
    {
        _lost |= (message.Flags & Libc.MSG_CTRUNC) != 0;
        var position = (byte*)message.Control;
        var rest = message.ControlLength;
        while (rest >= Libc.ControlHeader.SizeInBytes)
        {
            var header = (Libc.ControlHeader*)position;
            if (header->Length < Libc.ControlHeader.SizeInBytes || header->Length > rest)
                break;
            if (header->Level == Libc.SOL_SOCKET && header->Type == Libc.SCM_RIGHTS)
            {
                var count = (int)(header->Length - Libc.ControlHeader.SizeInBytes) / sizeof(int);
                Keep(new ReadOnlySpan<int>(position + Libc.ControlHeader.SizeInBytes, count));
                _endOfLastCall = end;
            }

            var step = header->Length + 7 & ~(nuint)7;
            if (step >= rest)
                break;
            position += step;
            rest -= step;
        }
    }

    /// <summary>Gives what has come to the message that is dealt with from now on, if the last byte of the call that brought it is of this message.</summary>
    /// <param name="endOfMessage">Where in the stream the message ends.</param>
    public void Assign(long endOfMessage)
    {
        if (_waiting == 0 && !_lost || _endOfLastCall > endOfMessage)
            return;
        Count = _waiting;
        HasLost = _lost;
        _waiting = 0;
        _lost = false;
    }

    /// <summary>Takes one.</summary>
    /// <exception cref="InvalidOperationException">It was taken already.</exception>
    public FileDescriptor Take(int index)
    {
        if ((uint)index >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"The message has {Count} descriptors.");
        if (_numbers[index] == Taken)
            throw new InvalidOperationException($"Descriptor {index} of the message was taken already.");
        var descriptor = new FileDescriptor(_numbers[index]);
        _numbers[index] = Taken;
        return descriptor;
    }

    /// <summary>Closes what is left of the message that was dealt with.</summary>
    public void CloseAssigned()
    {
        HasLost = false;
        // Few messages bring any, and this is called for each.
        if (Count != 0)
            CloseAll();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CloseAssigned();
        (Count, _waiting) = (_waiting, 0);
        CloseAssigned();
    }

    private void CloseAll()
    {
        for (var i = 0; i < Count; i++)
        {
            if (_numbers[i] != Taken)
                _ = Libc.close(_numbers[i]);
        }

        Count = 0;
    }

    private void Keep(ReadOnlySpan<int> numbers)
    {
        foreach (var number in numbers)
        {
            if (_waiting < _numbers.Length)
            {
                _numbers[_waiting++] = number;
                continue;
            }

            _lost = true;
            _ = Libc.close(number);
        }
    }
}
