using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

// Regions.
internal sealed partial class ConversationGenerator
{
    private const ulong CommandRegister = 4;

    private void ReadRegion()
    {
        var count = (uint)_dice.Pick(1, 2, 4, 8, 4, 8, 64, 4096);
        var region = PickRegion();
        Send(VfioUserCommand.RegionRead, new Payload().Add(new RegionAccessMessage { Offset = PickOffset(region, count), Region = region, Count = count }));
    }

    private void WriteRegion()
    {
        var count = _dice.Pick(1, 2, 4, 8, 4, 8, 64, 4096);
        var region = PickRegion();
        Write(region, PickOffset(region, (uint)count), _dice.Bytes(count), isPosted: _dice.OneIn(4));
    }

    private void WriteRegionMany()
    {
        var count = _dice.Below(8);
        var payload = new Payload().Add(new RegionWriteMultiMessage { WriteCount = (ulong)count });
        for (var i = 0; i < count; i++)
        {
            var (region, width) = (PickRegion(), _dice.Pick(1u, 2u, 4u, 8u));
            payload.Add(new RegionWriteMultiEntry { Offset = PickOffset(region, width), Region = region, Count = width, Data = _dice.Next() });
        }

        Send(VfioUserCommand.RegionWriteMulti, payload, isPosted: _dice.OneIn(2));
    }

    private void UseConfigSpace()
    {
        EnableDma();
        Send(VfioUserCommand.RegionRead, new Payload().Add(new RegionAccessMessage { Offset = 0, Region = VictimFunction.ConfigRegion, Count = 256 }));
        var width = _dice.Pick(1, 2, 4);
        var place = (ulong)(_dice.Below(0x100) & -width);
        Write(VictimFunction.ConfigRegion, place, _dice.OneIn(2) ? [0xff, 0xff, 0xff, 0xff] : _dice.Bytes(width), isPosted: false);
    }

    // Memory decoding and bus mastering: without the second no DMA begins.
    private void EnableDma() => Write(VictimFunction.ConfigRegion, CommandRegister, [6, 0], isPosted: false);

    private void Write(uint region, ulong offset, ReadOnlySpan<byte> bytes, bool isPosted = false) =>
        Send(
            VfioUserCommand.RegionWrite,
            new Payload().Add(new RegionAccessMessage { Offset = offset, Region = region, Count = (uint)bytes.Length }).Add(bytes), isPosted);

    private void Write32(uint region, ulong offset, uint value, bool isPosted = false) => Write(region, offset, BitConverter.GetBytes(value), isPosted);

    private void Write64(uint region, ulong offset, ulong value) => Write(region, offset, BitConverter.GetBytes(value));

    private uint PickRegion() => _dice.OneIn(12) ? (uint)_dice.Below((int)RegionCount) : _function.Regions[_dice.Below(_function.Regions.Length)].Index;

    // Where registers are, anywhere, or where the region ends.
    private ulong PickOffset(uint region, uint count)
    {
        var length = Math.Max(count, Array.Find(_function.Regions, candidate => candidate.Index == region).LengthInBytes);
        return _dice.Below(8) switch
        {
            0 => length - count,
            1 => length - count + (ulong)_dice.Between(1, 8),
            2 => _dice.Next() % (length - count + 1),
            3 or 4 => (ulong)(_dice.Below(0x4000) & ~3) % (length - count + 1),
            _ => (ulong)_dice.Below(0x20) << 3,
        };
    }
}
