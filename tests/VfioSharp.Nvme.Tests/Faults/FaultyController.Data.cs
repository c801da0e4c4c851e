using VfioSharp.Emulation;

namespace VfioSharp.Nvme.Tests.Faults;

// The commands of the NVM command set, and data by PRPs (NVMe Base 2.0, 4.1.1).
internal sealed partial class FaultyController
{
    public const byte Flush = 0x00;
    public const byte Write = 0x01;
    public const byte Read = 0x02;
    public const byte Compare = 0x05;
    public const byte WriteZeroes = 0x08;
    public const byte DatasetManagement = 0x09;

    private const ushort LbaOutOfRange = 0x0080;
    private const ushort CompareFailure = 0x0285;
    private const ushort DataTransferError = 0x0004;

    private (ushort Status, uint Result)? Execute(FunctionHost host, FaultyCommand command)
    {
        if (command.NamespaceId is not (1 or uint.MaxValue))
            return (InvalidNamespace, 0);
        if (command.Opcode is Flush or DatasetManagement)
            return (0, 0);
        var blocks = (command.Dword(12) & 0xffff) + 1;
        if (command.Lba >= SizeInBlocks || blocks > SizeInBlocks - command.Lba)
            return (LbaOutOfRange, 0);
        var place = _disk.AsSpan((int)command.Lba * BlockSizeInBytes, (int)blocks * BlockSizeInBytes);
        switch (command.Opcode)
        {
            case Write:
            case Compare:
                var brought = new byte[place.Length];
                if (!TryMove(host, command, brought, toHost: false))
                    return (DataTransferError, 0);
                if (command.Opcode == Compare)
                    return (place.SequenceEqual(brought) ? (ushort)0 : CompareFailure, 0);
                brought.CopyTo(place);
                return (0, 0);
            case Read:
                return (TryMove(host, command, place.ToArray(), toHost: true) ? (ushort)0 : DataTransferError, 0);
            case WriteZeroes:
                place.Clear();
                return (0, 0);
            default:
                return (InvalidOpcode, 0);
        }
    }

    private static bool TryMove(FunctionHost host, FaultyCommand command, byte[] data, bool toHost)
    {
        var first = (int)Math.Min((ulong)data.Length, PageSizeInBytes - command.Prp1 % PageSizeInBytes);
        if (!TryMove(host, command.Prp1, data.AsSpan(0, first), toHost))
            return false;
        var rest = data.AsSpan(first);
        if (rest.Length <= PageSizeInBytes)
            return rest.IsEmpty || TryMove(host, command.Prp2, rest, toHost);
        return TryMoveList(host, command.Prp2, rest, toHost);
    }

    private static bool TryMoveList(FunctionHost host, ulong list, Span<byte> rest, bool toHost)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        while (!rest.IsEmpty)
        {
            if (!host.ReadMemory(list, bytes))
                return false;
            var entry = BitConverter.ToUInt64(bytes);
            // The last entry of a page leads to the next page of the list where more follows than one page of data.
            if ((list + sizeof(ulong)) % PageSizeInBytes == 0 && rest.Length > PageSizeInBytes)
            {
                list = entry;
                continue;
            }

            var piece = Math.Min(rest.Length, PageSizeInBytes);
            if (!TryMove(host, entry, rest[..piece], toHost))
                return false;
            rest = rest[piece..];
            list += sizeof(ulong);
        }

        return true;
    }

    private static bool TryMove(FunctionHost host, ulong iova, Span<byte> bytes, bool toHost) =>
        toHost ? host.WriteMemory(iova, bytes) : host.ReadMemory(iova, bytes);
}
