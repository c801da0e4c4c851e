using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

// Regions and memory.
internal sealed partial class ConversationGenerator
{
    private const uint ConfigRegion = 7;
    private const ulong CommandRegister = 4;

    private void ReadRegion()
    {
        var count = (uint)_dice.Pick(1, 2, 4, 8, 4, 8, 64, 4096);
        Send(VfioUserCommand.RegionRead, new Payload().Add(new RegionAccessMessage { Offset = PickOffset(), Region = PickRegion(), Count = count }));
    }

    private void WriteRegion()
    {
        var count = _dice.Pick(1, 2, 4, 8, 4, 8, 64, 4096);
        Write(PickRegion(), PickOffset(), _dice.Bytes(count), isPosted: _dice.OneIn(4));
    }

    private void WriteRegionMany()
    {
        var count = _dice.Below(8);
        var payload = new Payload().Add(new RegionWriteMultiMessage { WriteCount = (ulong)count });
        for (var i = 0; i < count; i++)
            payload.Add(new RegionWriteMultiEntry { Offset = PickOffset(), Region = PickRegion(), Count = _dice.Pick(1u, 2u, 4u, 8u), Data = _dice.Next() });
        Send(VfioUserCommand.RegionWriteMulti, payload, isPosted: _dice.OneIn(2));
    }

    private void UseConfigSpace()
    {
        // Memory decoding and bus mastering: without the second no DMA begins.
        Write(ConfigRegion, CommandRegister, [6, 0], isPosted: false);
        Send(VfioUserCommand.RegionRead, new Payload().Add(new RegionAccessMessage { Offset = 0, Region = ConfigRegion, Count = 256 }));
        var width = _dice.Pick(1, 2, 4);
        Write(ConfigRegion, (ulong)(_dice.Below(0x100) & -width), _dice.OneIn(2) ? [0xff, 0xff, 0xff, 0xff] : _dice.Bytes(width), isPosted: false);
    }

    // As scratch does it; any other function takes this as writes of registers.
    private void RunDma()
    {
        Write(ConfigRegion, CommandRegister, [6, 0], isPosted: false);
        if (_dice.OneIn(4))
            Write(0, ScratchRegisters.Trigger, BitConverter.GetBytes(_dice.Below(9)), isPosted: false);
        var kind = _dice.Pick(ScratchRegisters.ToFunction, ScratchRegisters.FromFunction, ScratchRegisters.InMemory);
        Write(0, ScratchRegisters.DmaSource, BitConverter.GetBytes(kind == ScratchRegisters.FromFunction ? PickOwnAddress() : PickAddress()), isPosted: false);
        Write(
            0, ScratchRegisters.DmaDestination, BitConverter.GetBytes(kind == ScratchRegisters.ToFunction ? PickOwnAddress() : PickAddress()),
            isPosted: false);
        Write(0, ScratchRegisters.DmaLength, BitConverter.GetBytes(_dice.Pick(1, 64, 4096, 0x1801, 0x10000)), isPosted: false);
        var command = _dice.OneIn(3) ? kind | ScratchRegisters.InterruptAtEnd | (uint)_dice.Below(9) << 16 : kind;
        Write(0, ScratchRegisters.DmaCommand, BitConverter.GetBytes(command), isPosted: _dice.OneIn(2));
    }

    private void Write(uint region, ulong offset, byte[] bytes, bool isPosted) =>
        Send(
            VfioUserCommand.RegionWrite,
            new Payload().Add(new RegionAccessMessage { Offset = offset, Region = region, Count = (uint)bytes.Length }).Add(bytes), isPosted);

    private void MapMemory()
    {
        var pages = _dice.Between(1, 32);
        var hasFd = !_dice.OneIn(4);
        var map = new DmaMapMessage
        {
            ArgumentSize = DmaMapMessage.SizeInBytes,
            Flags = _dice.Pick(DmaMapMessage.FlagRead, DmaMapMessage.FlagRead | DmaMapMessage.FlagWrite, DmaMapMessage.FlagRead | DmaMapMessage.FlagWrite),
            Offset = hasFd ? (ulong)_dice.Below(32) << 12 : 0,
            Address = PickAddress(),
            Size = (ulong)pages << 12,
        };
        Send(VfioUserCommand.DmaMap, new Payload().Add(map), false, hasFd ? [FdKind.Memory] : []);
    }

    private void UnmapMemory()
    {
        var (flags, address, size) = _dice.Below(4) switch
        {
            0 => (DmaUnmapMessage.FlagAll, 0ul, 0ul),
            1 => (0u, 0ul, 1ul << 40),
            2 => (DmaUnmapMessage.FlagGetDirty, PickAddress(), (ulong)_dice.Between(1, 32) << 12),
            _ => (0u, PickAddress(), (ulong)_dice.Between(1, 32) << 12),
        };
        var hasBitmap = flags == DmaUnmapMessage.FlagGetDirty;
        var payload = new Payload().Add(new DmaUnmapMessage { ArgumentSize = hasBitmap ? 48u : 24u, Flags = flags, Address = address, Size = size });
        if (hasBitmap)
            payload.Add(new DirtyBitmapMessage { PageSize = 4096, Size = 8 });
        Send(VfioUserCommand.DmaUnmap, payload);
    }

    // Few, so that what one message maps another uses.
    private ulong PickAddress() => (ulong)_dice.Below(8) << 17;

    private ulong PickOwnAddress() => ScratchRegisters.OwnMemory + (ulong)_dice.Below(ScratchRegisters.OwnMemoryLengthInBytes);

    private uint PickRegion() => _dice.OneIn(3) ? (uint)_dice.Below((int)RegionCount) : 0;

    private ulong PickOffset() => (ulong)(_dice.OneIn(2) ? _dice.Below(0x20) << 3 : _dice.Below(0x4000) & ~3);
}
