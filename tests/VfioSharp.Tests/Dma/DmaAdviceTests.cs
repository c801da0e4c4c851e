using VfioSharp.Backends.Linux;
using VfioSharp.Native;

namespace VfioSharp.Tests.Dma;

public sealed class DmaAdviceTests
{
    private const string Status = "Name:\tvfio\nVmLck:\t    1024 kB\nVmPin:\t    2048 kB\nVmHWM:\t 1 kB\n";

    [Fact]
    public void Too_little_locked_memory_says_the_limit_the_need_and_how_to_raise_it()
    {
        var limit = new Libc.ResourceLimit { Soft = 8 << 20, Hard = 16 << 20 };
        Assert.Equal(
            "the memory must be locked: 64 MiB more are asked for, this process has 2 MiB locked, and RLIMIT_MEMLOCK allows 8 MiB (hard limit 16 MiB); " +
            "raise it to 66 MiB or more with `ulimit -l 67585`, LimitMEMLOCK= in the systemd unit, or a memlock line in /etc/security/limits.d; " +
            "iommufd counts what all processes of the user have pinned.",
            DmaAdvice.ForLockedMemory(limit, Status, 64 << 20));
    }

    [Fact]
    public void Without_a_limit_it_is_memory_itself_that_is_short()
    {
        var limit = new Libc.ResourceLimit { Soft = Libc.RLIM_INFINITY, Hard = Libc.RLIM_INFINITY };
        Assert.StartsWith("RLIMIT_MEMLOCK is unlimited", DmaAdvice.ForLockedMemory(limit, Status, 1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("VmLck:")]
    [InlineData("VmLck: k")]
    [InlineData("VmLck: kB")]
    [InlineData("VmLck: -5 kB\nVmPin: 99999999999999999999 kB")]
    [InlineData("VmLck: 18446744073709551615 kB")]
    public void Text_that_makes_no_sense_counts_as_nothing_locked(string? status)
    {
        var advice = DmaAdvice.ForLockedMemory(new Libc.ResourceLimit { Soft = 4096, Hard = Libc.RLIM_INFINITY }, status, ulong.MaxValue);
        Assert.Contains("this process has 0 bytes locked, and RLIMIT_MEMLOCK allows 4 KiB; raise", advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_that_cannot_be_read_still_names_the_limit() =>
        Assert.Contains("ulimit -l", DmaAdvice.ForLockedMemory(null, null, 4096), StringComparison.Ordinal);

    [Fact]
    public void No_mapping_left_names_the_module_parameter_and_its_value()
    {
        Assert.Contains("(dma_entry_limit is 65535)", DmaAdvice.ForEntryLimit("65535"), StringComparison.Ordinal);
        Assert.Contains("/sys/module/vfio_iommu_type1/parameters/dma_entry_limit", DmaAdvice.ForEntryLimit(null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Errno.ENOMEM, true)]
    [InlineData(Errno.ENOSPC, true)]
    [InlineData(Errno.EEXIST, true)]
    [InlineData(Errno.EINVAL, true)]
    [InlineData(Errno.EFAULT, true)]
    [InlineData(Errno.EIO, false)]
    public void Errors_that_mean_something_for_a_mapping_get_a_sentence(Errno errno, bool hasAdvice)
    {
        var advice = DmaAdvice.ForMap(errno, 4096);
        Assert.Equal(hasAdvice, advice is not null);
        Assert.True(advice is null || advice.EndsWith('.'));
    }
}
