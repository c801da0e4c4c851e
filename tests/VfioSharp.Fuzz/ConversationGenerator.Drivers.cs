using System.Buffers.Binary;

namespace VfioSharp.Fuzz;

// What a driver of each function does, with DMA in memory that may be reached by messages.
internal sealed partial class ConversationGenerator
{
    private void Drive()
    {
        EnableDma();
        if (!_dice.OneIn(4))
            MapMemory(PickSlot());
        for (var i = _dice.Pick(1, 1, 2, 3); i > 0; i--)
            DriveOnce();
    }

    private void DriveOnce()
    {
        switch (_function.Driver)
        {
            case DriverKind.Scratch:
                DriveScratch();
                break;
            case DriverKind.Edu:
                DriveEdu();
                break;
            case DriverKind.Nvme:
                DriveNvme();
                break;
            case DriverKind.Ism:
                DriveIsm();
                break;
            case DriverKind.Nic:
                DriveNic();
                break;
        }
    }

    private void DriveScratch()
    {
        const uint toFunction = 1, fromFunction = 2, inMemory = 3, interruptAtEnd = 0x100;
        const ulong ownMemory = 0x1000, ownMemoryLengthInBytes = 0x3000;

        ulong PickOwn() => ownMemory + (ulong)_dice.Below((int)ownMemoryLengthInBytes);

        if (_dice.OneIn(4))
            Write32(0, 0x10, (uint)_dice.Below(9));
        var kind = _dice.Pick(toFunction, fromFunction, inMemory);
        Write64(0, 0x40, kind == fromFunction ? PickOwn() : PickAddress());
        Write64(0, 0x48, kind == toFunction ? PickOwn() : PickAddress());
        Write32(0, 0x50, (uint)_dice.Pick(1, 64, 4096, 0x1801, 0x10000));
        Write32(0, 0x54, _dice.OneIn(3) ? kind | interruptAtEnd | (uint)_dice.Below(9) << 16 : kind, isPosted: _dice.OneIn(2));
    }

    private void DriveEdu()
    {
        const ulong buffer = 0x40000;
        const uint start = 1, toMemory = 2, interruptAfter = 4;

        if (_dice.OneIn(3))
            Write32(0, 0x08, (uint)_dice.Awkward());
        if (_dice.OneIn(3))
            Write32(0, _dice.Pick(0x20ul, 0x60ul, 0x64ul), (uint)_dice.Next());
        var isToMemory = _dice.OneIn(2);
        var own = buffer + (ulong)_dice.Pick(0, 8, 0xff8, 0x1000);
        Write64(0, 0x80, isToMemory ? own : PickAddress());
        Write64(0, 0x88, isToMemory ? PickAddress() : own);
        Write64(0, 0x90, (ulong)_dice.Pick(1, 8, 256, 4096, 4097));
        Write64(0, 0x98, start | (isToMemory ? toMemory : 0) | (_dice.OneIn(2) ? interruptAfter : 0));
    }

    private void DriveNic()
    {
        const uint queueCount = 16;
        const ulong doorbellPage = 0x1000, descriptorOffset = 0x100;

        Write64(0, 0x10, PickAddress());
        Write32(0, 0x18, _dice.Pick(1u, 16u, 4096u, 65536u, 3u, 0u));
        for (var i = _dice.Between(1, 6); i > 0; i--)
        {
            var page = (ulong)_dice.Below((int)queueCount) * doorbellPage;
            if (_dice.OneIn(3))
                Write(2, page + descriptorOffset, _dice.Bytes(_dice.Pick(8, 64, 128, 136)), isPosted: true);
            else
                Write32(2, page, (uint)_dice.Next(), isPosted: _dice.OneIn(2));
        }
    }

    // Numbers are big-endian: the parameters of a command by a block at 8, then what starts it.
    private void DriveIsm()
    {
        const ulong firstToken = 1ul << 32, signal = 1ul << 23;

        for (var i = _dice.Between(1, 3); i > 0; i--)
        {
            var code = _dice.OneIn(8) ? (uint)_dice.Next() : _dice.Pick<uint>(1, 1, 1, 2, 3, 5, 8, 9, 0x0a, 0x0a, 0x0a, 0x0b, 0x11, 0x12);
            var parameters = new byte[40];
            BinaryPrimitives.WriteUInt64BigEndian(parameters, code == 0x0b ? firstToken * (ulong)_dice.Between(1, 3) : PickAddress());
            BinaryPrimitives.WriteUInt32BigEndian(parameters.AsSpan(8), (uint)_dice.Pick(0x1000, 0x20000, 1 << 23, (1 << 23) + 1, 0));
            BinaryPrimitives.WriteUInt32BigEndian(parameters.AsSpan(12), (uint)_dice.Pick(0, 1, 1919, 1920));
            Write(2, 8, parameters);
            // A block has 16 bytes at least, so that the first parameter is written again; where blocks are 8 bytes long, the first of two starts it.
            var head = new byte[16];
            BinaryPrimitives.WriteUInt32BigEndian(head, code);
            BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), 48);
            parameters.AsSpan(0, 8).CopyTo(head.AsSpan(8));
            Write(2, 0, head);
        }

        for (var i = _dice.Between(1, 4); i > 0; i--)
        {
            var place = firstToken * (ulong)_dice.Between(1, 3) | (ulong)_dice.Below(256) << 24 | (ulong)_dice.Below(0x200) << 3;
            Write(0, _dice.OneIn(2) ? place | signal : place, _dice.Bytes(_dice.Pick(8, 16, 64, 4096, 0x2000)), isPosted: _dice.OneIn(2));
        }
    }
}
