using System.Runtime.InteropServices;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Backends.VfioUser;

/// <summary>
/// Answers what the server asks of this side over one socket: DMA_READ and DMA_WRITE, which reach what is mapped for DMA, and nothing else. For one
/// thread at a time.
/// </summary>
/// <remarks>
/// The error numbers are those of QEMU's client: ENODEV outside of what is mapped, E2BIG over what this side said that it takes, or where a write
/// brings less than it says, ENOSYS for every other command.
/// </remarks>
internal sealed class CommandServer(UnixSocket socket, MessageReceiver receiver, ReachableMemory memory)
{
    private byte[] _reply = new byte[VfioUserHeader.SizeInBytes + DmaAccessMessage.SizeInBytes];

    /// <summary>Answers the command that the receiver holds.</summary>
    /// <returns><see cref="Errno.None"/>, or why the answer could not be sent.</returns>
    public Errno Answer()
    {
        var command = receiver.Header;
        var payload = receiver.Payload;
        var lengthInBytes = 0;
        var errno = command.Command switch
        {
            VfioUserCommand.DmaRead => Read(payload, out lengthInBytes),
            VfioUserCommand.DmaWrite => Write(payload),
            _ => Errno.ENOSYS,
        };
        if (command.IsPosted)
            return Errno.None;
        if (errno != Errno.None)
        {
            var refusal = VfioUserHeader.ForError(command, errno);
            return socket.Send(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref refusal, 1)));
        }

        // Address and count are repeated; of a read the bytes follow.
        var header = VfioUserHeader.ForReply(command, DmaAccessMessage.SizeInBytes + lengthInBytes);
        MemoryMarshal.Write(_reply, header);
        payload[..DmaAccessMessage.SizeInBytes].CopyTo(_reply.AsSpan(VfioUserHeader.SizeInBytes));
        return socket.Send(_reply.AsSpan(0, (int)header.MessageSize));
    }

    private Errno Read(ReadOnlySpan<byte> payload, out int lengthInBytes)
    {
        lengthInBytes = 0;
        if (payload.Length != DmaAccessMessage.SizeInBytes)
            return Errno.EINVAL;
        var access = MemoryMarshal.Read<DmaAccessMessage>(payload);
        if (access.Count > VfioUserDefaults.MaxDataTransferInBytes)
            return Errno.E2BIG;
        lengthInBytes = (int)access.Count;
        const int dataOffset = VfioUserHeader.SizeInBytes + DmaAccessMessage.SizeInBytes;
        if (_reply.Length < dataOffset + lengthInBytes)
            _reply = new byte[Math.Max(dataOffset + lengthInBytes, _reply.Length * 2)];
        return memory.Read(access.Address, _reply.AsSpan(dataOffset, lengthInBytes));
    }

    private Errno Write(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < DmaAccessMessage.SizeInBytes)
            return Errno.EINVAL;
        var access = MemoryMarshal.Read<DmaAccessMessage>(payload);
        var data = payload[DmaAccessMessage.SizeInBytes..];
        if (access.Count > (ulong)data.Length)
            return Errno.E2BIG;
        return access.Count < (ulong)data.Length ? Errno.EINVAL : memory.Write(access.Address, data);
    }
}
