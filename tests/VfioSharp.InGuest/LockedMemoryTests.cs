using VfioSharp.Dma;

namespace VfioSharp.InGuest;

/// <summary>What a user without privileges meets. Explicit: it needs a process with a limit of 64 KiB on locked memory that is not root's.</summary>
public sealed class LockedMemoryTests
{
    [Fact(Explicit = true)]
    public void Beyond_the_limit_on_locked_memory_a_mapping_is_refused_with_the_way_to_raise_it()
    {
        using var device = Guest.Open("nvme");
        using var large = DmaBuffer.Allocate(1 << 20);
        var refusal = Assert.Throws<VfioException>(() => device.Dma.Map(large));
        Assert.Equal(Errno.ENOMEM, refusal.Errno);
        Assert.Contains("RLIMIT_MEMLOCK allows 64 KiB", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ulimit -l", refusal.Message, StringComparison.Ordinal);

        using var small = DmaBuffer.Allocate(4096);
        using var mapping = device.Dma.Map(small);
        Assert.True(mapping.IsMapped);
    }
}
