using System.Buffers.Binary;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Served;

/// <summary>Registers and memory of a function that counts what reaches it. Explicit: it needs a guest to which it is served.</summary>
public sealed class ScratchAccessTests
{
    private static readonly int[] Widths = [1, 2, 4, 8];

    [Fact(Explicit = true)]
    public void Every_access_arrives_once_in_its_width()
    {
        using var scratch = new ScratchDevice();
        var registers = scratch.Registers;
        Assert.Equal(Guest.FastestPath, registers.Plan.Path);
        Assert.Equal(ScratchDevice.IdentityValue, registers.Read32(ScratchDevice.Identity));

        registers.Write32(ScratchDevice.ClearCounters, 0);
        for (var i = 0; i < 4; i++)
        {
            // Another count for each width and direction, so that none can stand for another.
            for (var j = 0; j <= 10 * i + 2; j++)
                Read(registers, Widths[i]);
            for (var j = 0; j <= 10 * i + 6; j++)
                Write(registers, Widths[i]);
        }

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal((ulong)(10 * i + 3), registers.Read64(ScratchDevice.Reads + (ulong)i * 8));
            Assert.Equal((ulong)(10 * i + 7), registers.Read64(ScratchDevice.Writes + (ulong)i * 8));
        }
    }

    [Fact(Explicit = true)]
    public void The_function_sees_the_place_the_width_and_the_value_of_an_access()
    {
        using var scratch = new ScratchDevice();
        var registers = scratch.Registers;
        registers.Write64(ScratchDevice.Ram + 0x28, 0x0123_4567_89ab_cdef);
        Assert.Equal((0x3028ul, 8u, 0x100u, 0x0123_4567_89ab_cdeful), Last(registers));
        Assert.Equal(0xefu, registers.Read8(ScratchDevice.Ram + 0x28));
        Assert.Equal((0x3028ul, 1u, 0u, 0xeful), Last(registers));
        Assert.Equal(0x0123u, registers.Read16(ScratchDevice.Ram + 0x2e));
        Assert.Equal((0x302eul, 2u, 0u, 0x0123ul), Last(registers));
        registers.Write32(ScratchDevice.Ram + 0x2c, 0xfeed_c0de);
        Assert.Equal((0x302cul, 4u, 0x100u, 0xfeed_c0deul), Last(registers));
        Assert.Equal(0xfeed_c0de_89ab_cdef, registers.Read64(ScratchDevice.Ram + 0x28));
    }

    [Fact(Explicit = true)]
    public void The_same_memory_is_reached_through_another_BAR_and_another_path()
    {
        using var scratch = new ScratchDevice();
        using var ram = scratch.Device.Regions[RegionIndex.Bar2].Open(new WindowOptions { OnFault = OnFault.Throw });
        using var file = scratch.Device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = AccessPath.RegionFile, OnFault = OnFault.Throw });
        ram.Write32(0x40, 0x1122_3344);
        Assert.Equal(0x1122_3344u, scratch.Registers.Read32(ScratchDevice.Ram + 0x40));
        Assert.Equal(0x1122_3344u, file.Read32(ScratchDevice.Ram + 0x40));
        file.Write16(ScratchDevice.Ram + 0x42, 0xaabb);
        Assert.Equal(0xaabb_3344u, ram.Read32(0x40));
    }

    // On x86-64 QEMU gives the shared part to the guest as memory: an access there reaches no server at all.
    [Fact(Explicit = true)]
    public void Memory_that_the_function_shares_keeps_what_is_written_and_the_function_sees_it()
    {
        using var scratch = new ScratchDevice();
        var registers = scratch.Registers;
        registers.Write32(ScratchDevice.ClearCounters, 0);
        for (var offset = 0ul; offset < ScratchDevice.SharedMemoryInBytes; offset += 0x108)
            registers.Write64(ScratchDevice.SharedMemory + offset, offset * 0x0101_0101);
        using var memory = new ReachableMemory(scratch.Device, (int)ScratchDevice.SharedMemoryInBytes);
        Assert.True(scratch.Move(ScratchDevice.FromFunction, ScratchDevice.SharedMemory, memory.Address, (int)ScratchDevice.SharedMemoryInBytes));
        for (var offset = 0ul; offset < ScratchDevice.SharedMemoryInBytes; offset += 0x108)
        {
            Assert.Equal(offset * 0x0101_0101, registers.Read64(ScratchDevice.SharedMemory + offset));
            Assert.Equal(offset * 0x0101_0101, BinaryPrimitives.ReadUInt64LittleEndian(memory.Span.Slice((int)offset, 8)));
        }

        for (var i = 0; i < 4; i++)
            Assert.Equal((0ul, 0ul), (registers.Read64(ScratchDevice.Reads + (ulong)i * 8), registers.Read64(ScratchDevice.Writes + (ulong)i * 8)));
    }

    [Fact(Explicit = true)]
    public void A_reset_of_the_function_clears_its_memory()
    {
        using var scratch = new ScratchDevice();
        Assert.True(scratch.Device.Description.SupportsReset);
        scratch.Registers.Write32(ScratchDevice.Ram, 0x1234_5678);
        scratch.Registers.Write32(ScratchDevice.SharedMemory, 0x1234_5678);
        scratch.Device.Reset();
        scratch.Device.Config.EnableMemory();
        Assert.Equal(0u, scratch.Registers.Read32(ScratchDevice.Ram));
        Assert.Equal(0u, scratch.Registers.Read32(ScratchDevice.SharedMemory));
    }

    private static (ulong Offset, uint Width, uint Bar, ulong Value) Last(RegionWindow registers) => (
        registers.Read64(ScratchDevice.LastOffset), registers.Read32(ScratchDevice.LastWidth), registers.Read32(ScratchDevice.LastBar),
        registers.Read64(ScratchDevice.LastValue));

    private static void Read(RegionWindow registers, int width)
    {
        switch (width)
        {
            case 1:
                _ = registers.Read8(ScratchDevice.Ram + 0x103);
                break;
            case 2:
                _ = registers.Read16(ScratchDevice.Ram + 0x106);
                break;
            case 4:
                _ = registers.Read32(ScratchDevice.Ram + 0x10c);
                break;
            default:
                _ = registers.Read64(ScratchDevice.Ram + 0x110);
                break;
        }
    }

    private static void Write(RegionWindow registers, int width)
    {
        switch (width)
        {
            case 1:
                registers.Write8(ScratchDevice.Ram + 0x103, 0x5a);
                break;
            case 2:
                registers.Write16(ScratchDevice.Ram + 0x106, 0x5a5a);
                break;
            case 4:
                registers.Write32(ScratchDevice.Ram + 0x10c, 0x5a5a_5a5a);
                break;
            default:
                registers.Write64(ScratchDevice.Ram + 0x110, 0x5a5a_5a5a_5a5a_5a5a);
                break;
        }
    }
}
