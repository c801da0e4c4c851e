using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

// Memory. It comes in a few slots, so that what one message maps another uses; each lies in the client's file where its address says.
internal sealed partial class ConversationGenerator
{
    private const int SlotCount = 8;
    private const ulong SlotLengthInBytes = FdSupply.MemoryLengthInBytes / SlotCount;
    private const ulong ReadWrite = DmaMapMessage.FlagRead | DmaMapMessage.FlagWrite;

    private ulong _lastMapped;

    private ulong PickSlot() => (ulong)_dice.Below(SlotCount);

    // Mostly of memory that there is.
    private ulong PickAddress() => (_dice.OneIn(4) ? PickSlot() : _lastMapped) * SlotLengthInBytes + (ulong)_dice.Pick(0, 0, 1, 0xff8, 0x1000, 0x1ff00);

    // With a descriptor or without: then the device has to ask for each byte.
    private void MapMemory(ulong slot, bool? isShared = null)
    {
        _lastMapped = slot;
        var pages = isShared is null && _dice.OneIn(4) ? (ulong)_dice.Between(1, 32) : SlotLengthInBytes / PageInBytes;
        var hasFd = isShared ?? _dice.OneIn(3);
        var way = hasFd && _dice.OneIn(4) ? _dice.Pick(DmaMapMessage.FlagMmap, DmaMapMessage.FlagFileIo) : 0;
        var map = new DmaMapMessage
        {
            ArgumentSize = DmaMapMessage.SizeInBytes,
            Flags = way | (_dice.OneIn(6) ? DmaMapMessage.FlagRead : (uint)ReadWrite),
            Offset = hasFd ? slot * SlotLengthInBytes : 0,
            Address = slot * SlotLengthInBytes,
            Size = pages * PageInBytes,
        };
        var kind = isShared is null && _dice.OneIn(8) ? _dice.Pick(FdKind.ReadOnlyMemory, FdKind.SealedMemory, FdKind.EmptyMemory) : FdKind.Memory;
        Send(VfioUserCommand.DmaMap, new Payload().Add(map), false, hasFd ? [kind] : []);
    }

    private void UnmapMemory()
    {
        var (flags, address, size) = _dice.Below(4) switch
        {
            0 => (DmaUnmapMessage.FlagAll, 0ul, 0ul),
            1 => (0u, 0ul, 1ul << 40),
            2 => (0u, PickAddress(), (ulong)_dice.Between(1, 32) * PageInBytes),
            _ => (0u, PickSlot() * SlotLengthInBytes, SlotLengthInBytes),
        };
        Send(VfioUserCommand.DmaUnmap, new Payload().Add(new DmaUnmapMessage { ArgumentSize = 24u, Flags = flags, Address = address, Size = size }));
    }

    private void FillMemory(ulong address, ReadOnlySpan<byte> bytes) => _deeds.Add(new Deed(DeedKind.FillMemory, FdSupply.PlaceOf(address), bytes.ToArray()));
}
