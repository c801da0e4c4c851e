using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// The reply that a connection is making: bytes in a buffer that is used again and again, and descriptors that stay their owners'. For the
/// connection's thread.
/// </summary>
internal sealed class Reply(int mostFds)
{
    private const int FirstCapacityInBytes = 4096;

    private readonly FileDescriptor?[] _fds = new FileDescriptor?[mostFds];
    private readonly int[] _numbers = new int[mostFds];
    private byte[] _bytes = new byte[FirstCapacityInBytes];
    private int _payloadLength;
    private int _fdCount;

    /// <summary>Begins a reply that has nothing behind its header.</summary>
    public void Begin()
    {
        _payloadLength = 0;
        if (_fdCount == 0)
            return;
        Array.Clear(_fds, 0, _fdCount);
        _fdCount = 0;
    }

    /// <summary>Makes room behind the header.</summary>
    /// <param name="lengthInBytes">How much; the caller has held it against the limits.</param>
    /// <returns>The room, all 0.</returns>
    public Span<byte> MakePayload(int lengthInBytes)
    {
        var length = VfioUserHeader.SizeInBytes + lengthInBytes;
        if (length > _bytes.Length)
            _bytes = new byte[Math.Max(length, Math.Min(int.MaxValue, 2L * _bytes.Length))];
        _payloadLength = lengthInBytes;
        var payload = _bytes.AsSpan(VfioUserHeader.SizeInBytes, lengthInBytes);
        payload.Clear();
        return payload;
    }

    /// <summary>Makes the payload shorter than was asked for.</summary>
    public void TrimPayload(int lengthInBytes) => _payloadLength = Math.Min(_payloadLength, lengthInBytes);

    /// <summary>Adds a descriptor, which stays its owner's.</summary>
    /// <returns>Which of the message it is; one that is there already keeps its number.</returns>
    public int AddFd(FileDescriptor descriptor)
    {
        var index = Array.IndexOf(_fds, descriptor, 0, _fdCount);
        if (index >= 0)
            return index;
        _fds[_fdCount] = descriptor;
        return _fdCount++;
    }

    /// <summary>Sends the reply to a command.</summary>
    /// <exception cref="ObjectDisposedException">The owner of a descriptor has closed it.</exception>
    public Errno Send(UnixSocket socket, in VfioUserHeader command)
    {
        var header = VfioUserHeader.ForReply(command, _payloadLength);
        MemoryMarshal.Write(_bytes, header);
        var message = _bytes.AsSpan(0, VfioUserHeader.SizeInBytes + _payloadLength);
        return _fdCount == 0 ? socket.Send(message) : SendWithFds(socket, message);
    }

    private Errno SendWithFds(UnixSocket socket, ReadOnlySpan<byte> message)
    {
        var held = 0;
        try
        {
            for (; held < _fdCount; held++)
            {
                var isHeld = false;
                _fds[held]!.DangerousAddRef(ref isHeld);
                _numbers[held] = _fds[held]!.Number;
            }

            return socket.Send(message, default, _numbers.AsSpan(0, _fdCount));
        }
        finally
        {
            while (held-- > 0)
                _fds[held]!.DangerousRelease();
        }
    }
}
