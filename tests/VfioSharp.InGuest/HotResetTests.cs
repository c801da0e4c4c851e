using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>Resets of a whole bus, which reach functions that cannot be reset by themselves.</summary>
public sealed class HotResetTests
{
    // e1000e: base address of the first receive ring, which a reset clears.
    private const ulong ReceiveRingBase = 0x2800;

    [Fact]
    public void A_function_on_the_root_bus_has_no_bus_to_reset()
    {
        using var device = Guest.Open("edu");
        Assert.Null(device.DescribeHotReset());
        Assert.Equal(Errno.ENODEV, Assert.Throws<VfioException>(device.HotReset).Errno);
    }

    [Fact]
    public void A_function_without_any_reset_says_so()
    {
        using var device = Guest.Open("edu");
        Assert.False(device.Description.SupportsReset);
        Assert.Equal(Errno.EINVAL, Assert.Throws<VfioException>(device.Reset).Errno);
    }

    /// <summary>Explicit: it needs a guest whose devices sit below root ports.</summary>
    [Fact(Explicit = true)]
    public void A_function_alone_on_its_bus_is_reset_with_it()
    {
        using var device = Guest.Open("e1000e");
        using var registers = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        var description = device.DescribeHotReset();
        Assert.NotNull(description);
        Assert.Equal([device.Address.ToString()], description.Functions.Select(function => function.Address));
        registers.Write32(ReceiveRingBase, 0x1234_5000);
        Assert.Equal(0x1234_5000u, registers.Read32(ReceiveRingBase));

        device.HotReset();

        Assert.Equal(0u, registers.Read32(ReceiveRingBase));
    }
}
