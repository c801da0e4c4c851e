using VfioSharp.Mmio;
using VfioSharp.Regions;

namespace VfioSharp.Tests.Regions;

public sealed class RegionWindowFaultTests : IDisposable
{
    private readonly SharedMemory _memory = new();

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void A_file_cut_short_under_the_window_answers_all_ones_and_every_fault_is_counted()
    {
        using var window = _memory.Open();
        window.Write32(8, 0x12345678);
        _memory.Resize(0);
        var before = MmioSupport.RecoveredFaults;

        for (var i = 0; i < 125; i++)
        {
            Assert.Equal(0xff, window.Read8(1));
            Assert.Equal(0xffff, window.Read16(2));
            Assert.Equal(0xffffffffu, window.Read32(4));
            Assert.Equal(ulong.MaxValue, window.Read64(8));
            window.Write8(1, 0);
            window.Write16(2, 0);
            window.Write32(4, 0);
            window.Write64(8, 0);
        }

        Assert.Equal(1000, window.FaultCount);
        Assert.True(MmioSupport.RecoveredFaults >= before + 1000);

        _memory.Resize(4096);
        window.Write32(8, 0xcafe);
        Assert.Equal(0xcafeu, window.Read32(8));
        Assert.Equal(1000, window.FaultCount);
    }

    [Fact]
    public void Faults_on_many_threads_are_counted_exactly()
    {
        using var window = _memory.Open();
        _memory.Resize(0);

        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 2500; i++)
                Assert.Equal(uint.MaxValue, window.Read32(0));
        });

        Assert.Equal(10_000, window.FaultCount);
    }

    [Fact]
    public void A_null_reference_is_still_an_exception_after_a_recovered_fault()
    {
        using var window = _memory.Open();
        _memory.Resize(0);
        string? nothing = Environment.GetEnvironmentVariable("VFIOSHARP_NOT_SET");

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(ulong.MaxValue, window.Read64(0));
            Assert.Throws<NullReferenceException>(() => nothing!.Length);
        }
    }

    [Fact]
    public void A_window_that_was_opened_to_throw_throws_and_counts()
    {
        using var window = _memory.Open(offset: 0x10, lengthInBytes: 0x100, onFault: OnFault.Throw);
        _memory.Resize(0);

        var read = Assert.Throws<DeviceAccessException>(() => window.Read32(4));
        var write = Assert.Throws<DeviceAccessException>(() => window.Write8(1, 0));

        Assert.StartsWith("0000:01:00.0: cannot read 4 bytes from offset 0x14 of BAR0: memory decoding is off", read.Message, StringComparison.Ordinal);
        Assert.StartsWith("0000:01:00.0: cannot write 1 byte to offset 0x11 of BAR0: memory decoding is off", write.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.None, read.Errno);
        Assert.Equal(2, window.FaultCount);
    }

    [Fact]
    public void Only_the_elements_of_a_block_beyond_the_cut_are_all_ones()
    {
        var page = Environment.SystemPageSize;
        using var memory = new SharedMemory(2 * page);
        using var window = RegionWindow.OverMapping(
            SharedMemory.Describe(AccessPath.LoadStore, 0, (ulong)(2 * page)), memory.Map((ulong)(2 * page)), 0);
        memory.Resize(page);

        var block = new byte[64];
        window.ReadBlock((ulong)(page - 32), block, 8);

        Assert.All(block[..32], value => Assert.Equal(0, value));
        Assert.All(block[32..], value => Assert.Equal(0xff, value));
        Assert.Equal(4, window.FaultCount);
    }
}
