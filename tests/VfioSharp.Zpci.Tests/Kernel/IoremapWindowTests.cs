using VfioSharp.Zpci.Kernel;

namespace VfioSharp.Zpci.Tests.Kernel;

// mm/vmalloc.c, alloc_vmap_area().
public sealed class IoremapWindowTests
{
    private const ulong Start = 0x37f_fe70_0000;
    private static readonly KernelVersion Recorded = new(6, 12);

    [Fact]
    public void A_mapping_of_256_TiB_does_not_fit_and_the_log_says_so()
    {
        var log = new KernelLog();

        Assert.Null(Window().TryMap(1ul << 48, Recorded, log));

        // Recording mio-ism-linux-6.12, to the letter: 2^48 and the guard page.
        Assert.Equal(
            "vmalloc_node_range for size 281474976714752 failed: Address range restricted to 0x37ffe700000 - 0x3ff7e700000", Assert.Single(log.Messages));
    }

    [Fact]
    public void Kernels_before_6_11_worded_it_otherwise()
    {
        var log = new KernelLog();

        Assert.Null(Window().TryMap(1ul << 48, new KernelVersion(6, 10), log));

        Assert.Equal("vmap allocation for size 281474976714752 failed: use vmalloc=<size> to increase size", Assert.Single(log.Messages));
    }

    [Fact]
    public void Mappings_do_not_overlap_and_a_gap_is_used_again()
    {
        var window = Window();
        var first = window.TryMap(0x4000, Recorded, new KernelLog());
        var second = window.TryMap(0x1000, Recorded, new KernelLog());

        Assert.Equal(Start, first);
        Assert.Equal(Start + 0x5000, second);
        window.Unmap(first!.Value);
        Assert.Equal(first, window.TryMap(0x4000, Recorded, new KernelLog()));
        Assert.Equal(2, window.AreaCount);
    }

    // printk_ratelimit(): ten messages in five seconds. Recording mio-ism-linux-6.12 has ten for more than twenty failures.
    [Fact]
    public void Ten_messages_are_let_through_in_five_seconds()
    {
        var log = new KernelLog();
        for (var i = 0; i < 25; i++)
            Window().TryMap(1ul << 48, Recorded, log);

        Assert.Equal(10, log.Messages.Count);
        Assert.Equal(15, log.SuppressedCount);
        log.PassRatelimitInterval();
        Window().TryMap(1ul << 48, Recorded, log);
        Assert.Equal(11, log.Messages.Count);
    }

    private static IoremapWindow Window() => new(Start, Start + (510ul << 30));
}
