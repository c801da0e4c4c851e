using System.Diagnostics;
using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Backends.VfioUser;

// Requests: the few that are made of every register, without an allocation, and the rest.
internal sealed partial class VfioUserConnection
{
    // A loop that looks this often without seeing anything lets others run: perhaps the server waits for this processor.
    private const int LooksBeforeYielding = 2000;

    private ushort _lastMessageId;

    /// <summary>Reads bytes of a region, in one message as long as <see cref="MostDataInBytes"/> allows.</summary>
    /// <returns><see cref="Errno.None"/>, the server's error number, EIO where it answers fewer bytes, or that of <see cref="End"/>.</returns>
    public Errno Read(uint region, ulong offset, Span<byte> destination)
    {
        while (true)
        {
            var length = Math.Min(destination.Length, MostDataInBytes);
            var errno = ReadOnce(region, offset, destination[..length]);
            if (errno != Errno.None || length == destination.Length)
                return errno;
            destination = destination[length..];
            offset += (ulong)length;
        }
    }

    /// <summary>Writes bytes of a region, in one message as long as <see cref="MostDataInBytes"/> allows.</summary>
    /// <param name="region">The region's number.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="mayBePosted">Whether it may return before the server has written, if the options say so.</param>
    /// <returns>As <see cref="Read"/>.</returns>
    public Errno Write(uint region, ulong offset, ReadOnlySpan<byte> source, bool mayBePosted)
    {
        while (true)
        {
            var length = Math.Min(source.Length, MostDataInBytes);
            var errno = WriteOnce(region, offset, source[..length], mayBePosted && _postsWrites);
            if (errno != Errno.None || length == source.Length)
                return errno;
            source = source[length..];
            offset += (ulong)length;
        }
    }

    /// <summary>Makes a request that is not of every register.</summary>
    /// <param name="operation">What it is for, as a phrase.</param>
    /// <param name="command">The command.</param>
    /// <param name="payload">What follows the header.</param>
    /// <param name="fds">Descriptors that go with it, at most <see cref="MostFdsToServer"/>. They stay the caller's.</param>
    /// <param name="replyLengths">Between what bounds the length of the reply lies, without its header.</param>
    /// <param name="reply">The reply without its header; empty where the server refuses.</param>
    /// <returns><see cref="Errno.None"/>, or the error number with which the server refuses.</returns>
    /// <exception cref="VfioUserException">The connection has ended, before or now.</exception>
    public Errno Ask(
        string operation, VfioUserCommand command, ReadOnlySpan<byte> payload, ReadOnlySpan<int> fds, (int Least, int Most) replyLengths, out byte[] reply) =>
        Ask(operation, command, payload, fds, replyLengths, out reply, 0, out _);

    /// <inheritdoc cref="Ask(string, VfioUserCommand, ReadOnlySpan{byte}, ReadOnlySpan{int}, ValueTuple{int, int}, out byte[])"/>
    /// <param name="operation">What it is for, as a phrase.</param>
    /// <param name="command">The command.</param>
    /// <param name="payload">What follows the header.</param>
    /// <param name="fds">Descriptors that go with it, at most <see cref="MostFdsToServer"/>. They stay the caller's.</param>
    /// <param name="replyLengths">Between what bounds the length of the reply lies, without its header.</param>
    /// <param name="reply">The reply without its header; empty where the server refuses.</param>
    /// <param name="mostFds">How many descriptors the reply may bring, at most <see cref="MostFds"/>.</param>
    /// <param name="files">The descriptors that it brought, which the caller owns.</param>
    public Errno Ask(
        string operation,
        VfioUserCommand command,
        ReadOnlySpan<byte> payload,
        ReadOnlySpan<int> fds,
        (int Least, int Most) replyLengths,
        out byte[] reply,
        int mostFds,
        out FileDescriptor[] files)
    {
        reply = [];
        files = [];
        lock (_gate)
        {
            Begin();
            var errno = ExchangeCommand(command, payload, fds, mostFds);
            if (End is null && errno == Errno.None)
            {
                if (HasLength(replyLengths.Least, replyLengths.Most))
                {
                    reply = _receiver.Payload.ToArray();
                    files = [.. Enumerable.Range(0, _receiver.FdCount).Select(_receiver.TakeFd)];
                }
            }

            Finish();
            if (End is null)
                return errno;
            foreach (var file in files)
                file.Dispose();
            throw Failed(operation);
        }
    }

    private Errno ReadOnce(uint region, ulong offset, Span<byte> destination)
    {
        var request = new RegionRequest { Access = { Offset = offset, Region = region, Count = (uint)destination.Length } };
        lock (_gate)
        {
            Begin();
            request.Header = VfioUserHeader.ForCommand(++_lastMessageId, VfioUserCommand.RegionRead, RegionAccessMessage.SizeInBytes);
            var errno = Exchange(request.Header, BytesOf(ref request), [], [], 0);
            if (errno == Errno.None)
                errno = TakeAccess(request.Access.Count, destination);
            Finish();
            return errno;
        }
    }

    private Errno WriteOnce(uint region, ulong offset, ReadOnlySpan<byte> source, bool isPosted)
    {
        var request = new RegionRequest { Access = { Offset = offset, Region = region, Count = (uint)source.Length } };
        lock (_gate)
        {
            request.Header = VfioUserHeader.ForCommand(
                ++_lastMessageId, VfioUserCommand.RegionWrite, RegionAccessMessage.SizeInBytes + source.Length, isPosted);
            if (isPosted)
                return Post(BytesOf(ref request), source);
            Begin();
            var errno = Exchange(request.Header, BytesOf(ref request), source, [], 0);
            if (errno == Errno.None)
                errno = TakeAccess(request.Access.Count, []);
            Finish();
            return errno;
        }
    }

    private Errno Post(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (End is { } end)
            return end.Errno;
        var errno = _socket.Send(first, second, []);
        return errno == Errno.None ? Errno.None : BreakAfterSend(errno);
    }

    // The reply repeats what was asked; of a read the bytes follow. A count below what was asked is a server that could not do more.
    private Errno TakeAccess(uint count, Span<byte> destination)
    {
        var payload = _receiver.Payload;
        if (payload.Length < RegionAccessMessage.SizeInBytes)
            return Break(ConnectionEnd.Violation($"the reply to {_receiver.Header.Command} has {payload.Length} bytes behind its header, too few"));
        var answered = MemoryMarshal.Read<RegionAccessMessage>(payload).Count;
        var data = payload[RegionAccessMessage.SizeInBytes..];
        if (answered > count || data.Length != (destination.IsEmpty ? 0 : (int)answered))
        {
            return Break(ConnectionEnd.Violation(
                $"the reply to {_receiver.Header.Command} of {count} bytes speaks of {answered} and brings {data.Length}"));
        }

        if (answered != count)
            return Errno.EIO;
        data.CopyTo(destination);
        return Errno.None;
    }

    private bool HasLength(int least, int most)
    {
        var length = _receiver.Payload.Length;
        if (length >= least && length <= most)
            return true;
        Break(ConnectionEnd.Violation(
            $"the reply to {_receiver.Header.Command} has {length} bytes behind its header, and {(least == most ? $"{least}" : $"{least} to {most}")} were to come"));
        return false;
    }

    private Errno ExchangeCommand(VfioUserCommand command, ReadOnlySpan<byte> payload, ReadOnlySpan<int> fds, int mostFds)
    {
        var header = VfioUserHeader.ForCommand(++_lastMessageId, command, payload.Length);
        return Exchange(header, MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref header, 1)), payload, fds, mostFds);
    }

    // With the result None the receiver holds the reply. Anything else is the server's error number or, where End is set, that of the end.
    private Errno Exchange(in VfioUserHeader request, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<int> fds, int mostFds)
    {
        if (End is { } end)
            return end.Errno;
        var errno = _socket.Send(first, second, fds);
        if (errno != Errno.None)
        {
            // Of descriptors that cannot be sent the kernel says so before anything has left.
            return errno is Errno.EBADF or Errno.ETOOMANYREFS && !fds.IsEmpty ? errno : BreakAfterSend(errno);
        }

        errno = AwaitReply(request, mostFds, BeginTime());
        EndTime();
        return errno;
    }

    private Errno AwaitReply(in VfioUserHeader request, int mostFds, long deadline)
    {
        while (true)
        {
            var status = _busyPoll ? Poll(deadline) : _receiver.Receive(deadline);
            if (status != ReceiveStatus.Message)
                return BreakAfterReceive(status, _receiver);
            if (!_receiver.Header.IsCommand)
                return TakeReply(request, mostFds);
            var errno = _commands.Answer();
            if (errno != Errno.None)
                return BreakAfterSend(errno);
            if (Stopwatch.GetTimestamp() >= deadline)
                return BreakAfterReceive(ReceiveStatus.Nothing, _receiver);
        }
    }

    private Errno TakeReply(in VfioUserHeader request, int mostFds)
    {
        var reply = _receiver.Header;
        if (!reply.IsReply || reply.MessageId != request.MessageId || reply.Command != request.Command)
        {
            return Break(ConnectionEnd.Violation(
                $"it was asked {request.Command} in message {request.MessageId}, and sent message {reply.MessageId} of command {reply.Command} and type {reply.Flags & VfioUserHeader.TypeMask}"));
        }

        if (_receiver.FdCount > mostFds || _receiver.HasLostFds)
        {
            return Break(ConnectionEnd.Violation(
                $"the reply to {reply.Command} brought {_receiver.FdCount} descriptors where at most {mostFds} were to come, or more than this process can open"));
        }

        if (!reply.IsError)
            return Errno.None;
        const uint largestErrno = 4095;
        return reply.Error is not (0 or > largestErrno)
            ? (Errno)reply.Error
            : Break(ConnectionEnd.Violation($"it refuses {reply.Command} with error number {reply.Error}, which is none"));
    }

    private ReceiveStatus Poll(long deadline)
    {
        for (var looks = 1; ; looks++)
        {
            var status = _receiver.TryReceive();
            if (status != ReceiveStatus.Nothing || Stopwatch.GetTimestamp() >= deadline)
                return status;
            if (looks >= LooksBeforeYielding)
                Thread.Yield();
        }
    }

    private static ReadOnlySpan<byte> BytesOf(ref RegionRequest request) => MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref request, 1));

    [StructLayout(LayoutKind.Sequential)]
    private struct RegionRequest
    {
        public VfioUserHeader Header;
        public RegionAccessMessage Access;
    }
}
