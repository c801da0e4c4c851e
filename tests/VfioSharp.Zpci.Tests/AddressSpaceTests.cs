using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Process;
using VfioSharp.Zpci.Tests.Fakes;

namespace VfioSharp.Zpci.Tests;

// Ordinary memory of a process: mm/mmap.c, mm/mprotect.c, mm/mlock.c, kernel/fork.c.
public sealed class AddressSpaceTests
{
    private readonly HostUnderTest _under = new("linux-7.2,nomio");

    [Theory]
    [InlineData(0ul, 8)]
    [InlineData(4092ul, 8)]
    [InlineData(4095ul, 2)]
    public void What_is_stored_is_loaded_also_across_pages(ulong offset, int width)
    {
        var value = 0x1122_3344_5566_7788ul >> (8 - width) * 8;

        Assert.True(_under.Process.Store(_under.Buffer + offset, width, value).IsDone);

        Assert.Equal(value, _under.Process.Load(_under.Buffer + offset, width).Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => _under.Process.Load(_under.Buffer, 3));
    }

    [Fact]
    public void A_store_that_reaches_beyond_what_may_be_written_stores_nothing()
    {
        Assert.Equal(0, _under.Process.Memory.Protect(_under.Buffer + 4096, 4096, Protection.Read).Value);

        Assert.Equal(Signal.SIGSEGV, _under.Process.Store(_under.Buffer + 4092, 8, ulong.MaxValue).Signal.Number);

        Assert.Equal(0ul, _under.Process.Load(_under.Buffer + 4088, 8).Value);
    }

    [Fact]
    public void A_child_has_a_copy_of_private_memory_and_shares_the_rest()
    {
        var shared = (ulong)_under.Process.Memory.Map(
            null, 0, 4096, HostUnderTest.ReadWrite, MapFlags.Shared | MapFlags.Anonymous | MapFlags.Populate).Value;
        _under.Process.Poke(_under.Buffer, [1]);
        var child = _under.Process.Fork();

        child.Poke(_under.Buffer, [2]);
        child.Poke(shared, [2]);

        Assert.Equal(1ul, _under.Process.Load(_under.Buffer, 1).Value);
        Assert.Equal(2ul, _under.Process.Load(shared, 1).Value);
    }

    [Fact]
    public void Memory_is_there_when_it_is_touched_locked_or_populated_and_not_before()
    {
        var memory = _under.Process.Memory;
        var populated = (ulong)memory.Map(null, 0, 4096, HostUnderTest.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Populate).Value;

        Assert.True(memory.IsPresent(populated));
        Assert.False(memory.IsPresent(_under.Buffer));
        Assert.Equal(0, memory.Lock(_under.Buffer + 1, 10).Value);
        Assert.True(memory.IsPresent(_under.Buffer));
        Assert.Equal(0, memory.AdviseDontNeed(_under.Buffer, 4096).Value);
        Assert.False(memory.IsPresent(_under.Buffer));
        Assert.Equal(0, memory.AdvisePopulateRead(_under.Buffer, 4096).Value);
        Assert.True(memory.IsPresent(_under.Buffer));
    }

    [Fact]
    public void More_than_the_host_has_can_be_mapped_and_not_locked()
    {
        var memory = _under.Process.Memory;
        var address = memory.Map(null, 0, 1ul << 45, HostUnderTest.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Populate);

        Assert.False(address.IsError);
        Assert.Equal(Errno.ENOMEM, memory.Lock((ulong)address.Value, 1ul << 45).Errno);
        Assert.Equal(Errno.ENOMEM, memory.Map(null, 0, 1ul << 54, HostUnderTest.ReadWrite, MapFlags.Private | MapFlags.Anonymous).Errno);
        Assert.Equal(Errno.ENOMEM, memory.Map(null, 0, ulong.MaxValue, HostUnderTest.ReadWrite, MapFlags.Private | MapFlags.Anonymous).Errno);
    }

    [Theory]
    [InlineData(1ul, 4096ul)]
    [InlineData(0ul, 0ul)]
    [InlineData(0ul, ulong.MaxValue)]
    public void A_range_that_makes_no_sense_is_EINVAL(ulong offset, ulong length) =>
        Assert.Equal(Errno.EINVAL, _under.Process.Memory.Unmap(_under.Buffer + offset, length).Errno);
}
