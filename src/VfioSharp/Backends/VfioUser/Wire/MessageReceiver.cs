using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VfioSharp.Native;

namespace VfioSharp.Backends.VfioUser.Wire;

/// <summary>What came of a wait for a message.</summary>
internal enum ReceiveStatus
{
    /// <summary>A whole message is there.</summary>
    Message,
    /// <summary>None came in time; bytes of one may have.</summary>
    Nothing,
    /// <summary>The peer ended the connection, or it was shut down here.</summary>
    Closed,
    /// <summary>The header says a length that is less than a header's. It was taken as a header alone, and what follows is read as the next.</summary>
    TooShort,
    /// <summary>The header says a length over the limit. Nothing more can be received: where the next message begins would be the peer's word.</summary>
    TooLong,
    /// <summary>The socket failed; <see cref="MessageReceiver.Error"/> says how.</summary>
    Failed,
}

/// <summary>
/// Takes messages and their descriptors from a stream socket, as many as one system call brings. It owns the descriptors that came until
/// they are taken, and closes the others with the next message. For one thread at a time. Nothing is allocated for a message, unless it is
/// longer than any before.
/// </summary>
/// <remarks>
/// A stream knows no messages, so that a call can bring the end of one, the whole of the next, and more. The kernel ends a call behind the piece
/// that carries descriptors (net/unix/af_unix.c, unix_stream_read_generic), and a sender gives them with the first byte of their message: so
/// they belong to the message that the last byte of the call is of.
/// </remarks>
internal sealed unsafe class MessageReceiver : IDisposable
{
    private const int FirstCapacityInBytes = 64 << 10;
    private const int ControlCapacityInBytes = Libc.ControlHeader.SizeInBytes + (VfioUserDefaults.MostFdsOfAMessage * sizeof(int) + 7 & ~7);

    private readonly UnixSocket _socket;
    private readonly int _longestMessageInBytes;
    private readonly ReceivedFds _fds;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private long _consumed;
    private int _messageLength;

    /// <param name="socket">The connection; it stays the caller's.</param>
    /// <param name="longestMessageInBytes">The longest message, header included.</param>
    /// <param name="mostFds">How many descriptors a message may bring; those beyond are closed, which <see cref="HasLostFds"/> says.</param>
    public MessageReceiver(UnixSocket socket, int longestMessageInBytes, int mostFds)
    {
        _socket = socket;
        _longestMessageInBytes = longestMessageInBytes;
        _fds = new ReceivedFds(mostFds);
        _buffer = new byte[Math.Min(FirstCapacityInBytes, longestMessageInBytes)];
    }

    /// <summary>The header of the message; with <see cref="ReceiveStatus.TooShort"/> and <see cref="ReceiveStatus.TooLong"/> as well.</summary>
    public VfioUserHeader Header { get; private set; }

    /// <summary>What follows the header. Valid until the next message is received.</summary>
    public ReadOnlySpan<byte> Payload => _buffer.AsSpan(_start + VfioUserHeader.SizeInBytes, _messageLength - VfioUserHeader.SizeInBytes);

    /// <summary>How many descriptors came with the message and were kept.</summary>
    public int FdCount => _fds.Count;

    /// <summary>Whether the message had more descriptors than it may, or more than this process could take.</summary>
    public bool HasLostFds => _fds.HasLost;

    /// <summary>Why the socket failed.</summary>
    public Errno Error { get; private set; }

    /// <summary>Takes a descriptor of the message.</summary>
    /// <param name="index">Which, from 0, below <see cref="FdCount"/>.</param>
    /// <returns>The descriptor, which the caller owns.</returns>
    /// <exception cref="InvalidOperationException">It was taken already.</exception>
    public FileDescriptor TakeFd(int index) => _fds.Take(index);

    /// <summary>Closes the descriptors of the message that nobody took, as the next message would.</summary>
    public void CloseFds() => _fds.CloseAssigned();

    /// <summary>Whether bytes have come that belong to no message that was delivered: a part of the next, or all of it and more.</summary>
    public bool HasMore => _end - _start > _messageLength;

    /// <summary>Waits for a message, each time that nothing comes as long as the socket's time-out says.</summary>
    /// <param name="deadline">
    /// The time, by <see cref="Stopwatch.GetTimestamp"/>, from which on a message that comes in pieces is not waited for any more.
    /// </param>
    public ReceiveStatus Receive(long deadline = long.MaxValue) => Receive(0, deadline);

    /// <summary>Takes a message if there is one.</summary>
    public ReceiveStatus TryReceive() => Receive(Libc.MSG_DONTWAIT, long.MaxValue);

    /// <summary>Closes the descriptors that nobody took. The socket stays open.</summary>
    public void Dispose() => _fds.Dispose();

    private ReceiveStatus Receive(int flags, long deadline)
    {
        Advance();
        for (var pieces = 0; ; pieces++)
        {
            var needed = VfioUserHeader.SizeInBytes;
            if (_end - _start >= VfioUserHeader.SizeInBytes)
            {
                Header = MemoryMarshal.Read<VfioUserHeader>(_buffer.AsSpan(_start));
                if (Header.MessageSize < VfioUserHeader.SizeInBytes)
                    return Deliver(VfioUserHeader.SizeInBytes, ReceiveStatus.TooShort);
                if (Header.MessageSize > (uint)_longestMessageInBytes)
                    return ReceiveStatus.TooLong;
                needed = (int)Header.MessageSize;
                if (_end - _start >= needed)
                    return Deliver(needed, ReceiveStatus.Message);
            }

            if (pieces > 0 && deadline != long.MaxValue && Stopwatch.GetTimestamp() >= deadline)
                return ReceiveStatus.Nothing;
            MakeRoom(needed);
            // What comes behind a message whose descriptors are here could bring its own, and then nobody could tell whose is which.
            var errno = Fill(flags, _fds.HasWaiting ? needed - (_end - _start) : _buffer.Length - _end);
            if (errno == Errno.None)
                continue;
            Error = errno;
            return errno switch
            {
                Errno.EAGAIN => ReceiveStatus.Nothing,
                Errno.ECONNRESET => ReceiveStatus.Closed,
                _ => ReceiveStatus.Failed,
            };
        }
    }

    private ReceiveStatus Deliver(int lengthInBytes, ReceiveStatus status)
    {
        _messageLength = lengthInBytes;
        _fds.Assign(_consumed + lengthInBytes);
        return status;
    }

    private void Advance()
    {
        _fds.CloseAssigned();
        _start += _messageLength;
        _consumed += _messageLength;
        _messageLength = 0;
        if (_start == _end)
            _start = _end = 0;
    }

    // Room for the rest of a message, and for whatever else waits.
    private void MakeRoom(int needed)
    {
        if (_buffer.Length - _start >= needed && _end < _buffer.Length)
            return;
        var length = _end - _start;
        var target = _buffer;
        if (needed > _buffer.Length)
            target = new byte[Math.Min(Math.Max(needed, _buffer.Length * 2L), _longestMessageInBytes)];
        Buffer.BlockCopy(_buffer, _start, target, 0, length);
        _buffer = target;
        _start = 0;
        _end = length;
    }

    // The kernel says how much of the control buffer it has written; the rest need not be cleared a thousand bytes at a time for each message.
    [SkipLocalsInit]
    private Errno Fill(int flags, int mostBytes)
    {
        var control = stackalloc byte[ControlCapacityInBytes];
        fixed (byte* bytes = _buffer)
        {
            var vector = new Libc.IoVector { Start = bytes + _end, Length = (nuint)mostBytes };
            while (true)
            {
                var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlCapacityInBytes };
                var length = Libc.recvmsg(_socket.Number, &message, flags | Libc.MSG_CMSG_CLOEXEC);
                if (length < 0)
                {
                    var errno = Libc.ErrnoOfMessage;
                    if (errno == Errno.EINTR)
                        continue;
                    return errno;
                }

                _end += (int)length;
                if (message.ControlLength != 0 || (message.Flags & Libc.MSG_CTRUNC) != 0)
                    _fds.Add(_consumed + _end - _start, message);
                return length == 0 ? Errno.ECONNRESET : Errno.None;
            }
        }
    }
}
