using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>
/// Every access reaches the device once and in its full width, whatever the program does with the result. Witnesses: QEMU's edu, which
/// takes only accesses of 4 bytes; e1000e's interrupt cause register, which a read clears; pci-testdev, which counts stores.
/// </summary>
public sealed class ExactAccessTests
{
    [Fact]
    public void A_masked_load_keeps_its_width()
    {
        using var edu = new EduDevice();
        edu.Registers.Write32(EduDevice.Inverter, 0);
        Assert.True((edu.Registers.Read32(EduDevice.Inverter) & 1) != 0);
        Assert.Equal(0xffu, edu.Registers.Read32(EduDevice.Inverter) & 0xff);
        Assert.Equal(0xedu, edu.Registers.Read32(EduDevice.Identification) & 0xff);
    }

    [Fact]
    public void A_cast_load_keeps_its_width()
    {
        using var edu = new EduDevice();
        Assert.Equal(0xed, (byte)edu.Registers.Read32(EduDevice.Identification));
        Assert.Equal(0x00ed, (ushort)edu.Registers.Read32(EduDevice.Identification));
    }

    [Fact]
    public void A_polling_loop_sees_the_bit_that_it_waits_for()
    {
        using var edu = new EduDevice();
        edu.Registers.Write32(EduDevice.Factorial, 10);
        while ((edu.Registers.Read32(EduDevice.Status) & EduDevice.Computing) != 0)
            Thread.Yield();
        Assert.Equal(3628800u, edu.Registers.Read32(EduDevice.Factorial));
    }

    [Fact]
    public void A_read_modify_write_is_one_load_and_one_store_of_full_width()
    {
        using var edu = new EduDevice();
        edu.Registers.Write32(EduDevice.Inverter, 0xffff_0000);
        edu.Registers.Write32(EduDevice.Inverter, edu.Registers.Read32(EduDevice.Inverter) | 0x8000_0000);
        Assert.Equal(~0x8000_ffffu, edu.Registers.Read32(EduDevice.Inverter));
    }

    [Fact]
    public void An_access_of_another_width_is_not_widened_to_please_the_device()
    {
        using var edu = new EduDevice();
        edu.Registers.Write32(EduDevice.Inverter, 0x1234_5678);
        edu.Registers.Write16(EduDevice.Inverter, 0xabcd);
        edu.Registers.Write8(EduDevice.Inverter, 0xef);
        Assert.Equal(~0x1234_5678u, edu.Registers.Read32(EduDevice.Inverter));
        Assert.NotEqual(0xed, edu.Registers.Read8(EduDevice.Identification));
    }

    // e1000e clears ICR when it is read while no interrupt is unmasked (QEMU hw/net/e1000e_core.c, e1000e_mac_icr_read).
    [Fact]
    public void A_load_whose_result_is_ignored_happens_once()
    {
        const ulong causeRead = 0xc0, causeSet = 0xc8, maskClear = 0xd8;
        const uint linkChange = 1 << 2;

        using var device = Guest.Open("e1000e");
        using var registers = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        registers.Write32(maskClear, uint.MaxValue);

        registers.Write32(causeSet, linkChange);
        Assert.NotEqual(0u, registers.Read32(causeRead) & linkChange);
        Assert.Equal(0u, registers.Read32(causeRead) & linkChange);

        registers.Write32(causeSet, linkChange);
        _ = registers.Read32(causeRead);
        Assert.Equal(0u, registers.Read32(causeRead) & linkChange);
    }

    // QEMU hw/misc/pci-testdev.c: test 0 counts the 1-byte stores of a certain value at a certain offset, all found in its header.
    [Fact]
    public void A_store_happens_once_and_in_its_width()
    {
        const ulong test = 0, offset = 4, data = 8, count = 12;

        using var device = Guest.Open("pci-testdev");
        using var registers = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        registers.Write8(test, 0);
        ulong counted = registers.Read32(offset);
        var match = registers.Read8(data);
        Assert.Equal(0u, registers.Read32(count));

        for (var i = 0; i < 1000; i++)
            registers.Write8(counted, match);
        Assert.Equal(1000u, ReadCount(registers, count));
    }

    // The device answers single bytes; QEMU puts wider loads together from them, sign-extended, so the count is read by bytes.
    private static uint ReadCount(RegionWindow registers, ulong offset) =>
        (uint)(registers.Read8(offset) | registers.Read8(offset + 1) << 8 | registers.Read8(offset + 2) << 16 | registers.Read8(offset + 3) << 24);
}
