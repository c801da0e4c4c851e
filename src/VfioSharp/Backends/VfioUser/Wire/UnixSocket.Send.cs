using VfioSharp.Native;

namespace VfioSharp.Backends.VfioUser.Wire;

// How messages leave.
internal sealed unsafe partial class UnixSocket
{
    /// <summary>Sends a whole message that brings no descriptors.</summary>
    /// <param name="message">The message; not empty.</param>
    /// <inheritdoc cref="Send(ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{int})" path="/returns"/>
    public Errno Send(ReadOnlySpan<byte> message)
    {
        // Of a register's message, the kernel has less to fetch from this process than with sendmsg.
        fixed (byte* start = message)
        {
            for (var sent = 0; sent < message.Length;)
            {
                var errno = Count(Libc.send(Number, start + sent, (nuint)(message.Length - sent), Libc.MSG_NOSIGNAL), ref sent);
                if (errno != Errno.None)
                    return errno;
            }
        }

        return Errno.None;
    }

    /// <summary>Sends a whole message.</summary>
    /// <param name="first">The message, or its beginning; not empty.</param>
    /// <param name="second">What follows; may be empty.</param>
    /// <param name="fds">Descriptors that go with the first byte. They stay the caller's, who keeps them open meanwhile.</param>
    /// <returns>
    /// <see cref="Errno.None"/>; EPIPE or ECONNRESET where the peer is gone; EAGAIN where it did not read for the time of
    /// <see cref="SetTimeouts"/>. After an error a part may have been sent, so that the connection is good for nothing more.
    /// </returns>
    public Errno Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<int> fds) =>
        fds.IsEmpty && second.IsEmpty ? Send(first) : SendParts(first, second, fds);

    private Errno SendParts(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<int> fds)
    {
        var controlLength = fds.IsEmpty ? 0 : Libc.ControlHeader.SizeInBytes + (fds.Length * sizeof(int) + 7 & ~7);
        var control = stackalloc byte[controlLength];
        if (!fds.IsEmpty)
        {
            var header = (Libc.ControlHeader*)control;
            header->Length = (nuint)(Libc.ControlHeader.SizeInBytes + fds.Length * sizeof(int));
            header->Level = Libc.SOL_SOCKET;
            header->Type = Libc.SCM_RIGHTS;
            fds.CopyTo(new Span<int>(control + Libc.ControlHeader.SizeInBytes, fds.Length));
        }

        fixed (byte* firstBytes = first, secondBytes = second)
        {
            var sent = 0;
            var total = first.Length + second.Length;
            var vectors = stackalloc Libc.IoVector[2];
            while (sent < total)
            {
                var count = 0;
                if (sent < first.Length)
                    vectors[count++] = new Libc.IoVector { Start = firstBytes + sent, Length = (nuint)(first.Length - sent) };
                var skipped = Math.Max(0, sent - first.Length);
                if (skipped < second.Length)
                    vectors[count++] = new Libc.IoVector { Start = secondBytes + skipped, Length = (nuint)(second.Length - skipped) };
                var message = new Libc.MessageHeader
                {
                    Vectors = vectors,
                    VectorCount = (nuint)count,
                    Control = sent == 0 && controlLength != 0 ? control : null,
                    ControlLength = sent == 0 ? (nuint)controlLength : 0,
                };
                var errno = Count(Libc.sendmsg(Number, &message, Libc.MSG_NOSIGNAL), ref sent);
                if (errno != Errno.None)
                    return errno;
            }
        }

        return Errno.None;
    }

    // Of a call that has just returned: why it failed, or None where there is more to send or nothing, also behind a signal.
    private static Errno Count(nint length, ref int sent)
    {
        if (length < 0)
            return Libc.ErrnoOfMessage is var errno && errno == Errno.EINTR ? Errno.None : errno;
        sent += (int)length;
        return Errno.None;
    }
}
