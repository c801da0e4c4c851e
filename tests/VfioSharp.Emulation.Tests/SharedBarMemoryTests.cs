using FsCheck.Xunit;
using VfioSharp.Config;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Emulation.Tests;

public sealed unsafe class SharedBarMemoryTests : IDisposable
{
    private readonly SharingFunction _function = new();

    public void Dispose() => _function.Dispose();

    private SharedBarMemory Memory => _function.GetSharedMemory(0)!;

    [Fact]
    public void Accesses_within_an_area_are_answered_by_the_memory_and_call_nothing()
    {
        _function.WriteBar(0, 0x1008, [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal(0x0807_0605_0403_0201ul, Memory.Read64(0x1008));
        Memory.Write32(0x2ffc, 0xaabb_ccdd);
        var value = new byte[4];
        _function.ReadBar(0, 0x2ffc, value);
        Assert.Equal([0xdd, 0xcc, 0xbb, 0xaa], value);
        Assert.Empty(_function.Accesses);
    }

    [Fact]
    public void Registers_are_little_endian_and_lie_at_their_width()
    {
        Memory.Write8(0x1000, 0x11);
        Memory.Write16(0x1002, 0x2233);
        Memory.Write32(0x1004, 0x4455_6677);
        Memory.Write64(0x1008, 0x0102_0304_0506_0708);
        Assert.Equal("1100332277665544" + "0807060504030201", Convert.ToHexStringLower(Memory.GetSpan(0x1000, 16)));
        Assert.Equal((0x11, 0x2233, 0x4455_6677u), (Memory.Read8(0x1000), Memory.Read16(0x1002), Memory.Read32(0x1004)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.Read16(0x1001));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.Write64(0x1004, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.Read8(0xfff));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.Read8(0x3000));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.GetSpan(0x2ff0, 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => Memory.GetSpan(0x1000, -1));
    }

    [Fact]
    public void An_access_that_straddles_the_border_of_an_area_is_split_there()
    {
        _function.WriteBar(0, 0xffc, [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal(["write 0xffc 4"], _function.Accesses);
        Assert.Equal(0x0807_0605u, Memory.Read32(0x1000));
        var value = new byte[8];
        _function.ReadBar(0, 0x2ffd, value);
        Assert.Equal(["write 0xffc 4", "read 0x3000 4", "read 0x3004 1"], _function.Accesses);
    }

    [Fact]
    public void A_block_store_into_an_area_is_made_of_writes_of_8_bytes()
    {
        var block = Enumerable.Range(0, 64).Select(i => (byte)i).ToArray();
        _function.StoreBlock(0, 0xfe0, block);
        Assert.Equal(["write 0xfe0 8", "write 0xfe8 8", "write 0xff0 8", "write 0xff8 8"], _function.Accesses);
        Assert.Equal(block[32..], Memory.GetSpan(0x1000, 32).ToArray());
    }

    [Fact]
    public void A_peer_that_maps_the_file_sees_the_same_memory_at_the_same_offsets()
    {
        Assert.Equal(0x6000ul, Memory.FileLengthInBytes);
        var pages = (byte*)Libc.mmap(null, 0x2000, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, Memory.File, 0x1000);
        Assert.True(pages != Libc.MapFailed);
        pages[0x1ffc] = 0x77;
        Assert.Equal(0x77, Memory.Read8(0x2ffc));
        Memory.Write8(0x1000, 0x66);
        Assert.Equal(0x66, pages[0]);
        Assert.Equal(0, Libc.munmap(pages, 0x2000));
    }

    [Fact]
    public void No_peer_can_change_the_length_of_the_file_or_its_seals()
    {
        Assert.NotEqual(0, Libc.ftruncate(Memory.File, 0));
        Assert.NotEqual(0, Libc.ftruncate(Memory.File, 0x10000));
        Assert.NotEqual(0, Libc.fcntl(Memory.File, Libc.F_ADD_SEALS, 8));
    }

    [Fact]
    public void A_reset_makes_the_memory_0_unless_the_function_keeps_it()
    {
        Memory.Write32(0x1000, 5);
        Memory.Write32(0x5ffc, 6);
        _function.Reset();
        Assert.Equal(0u, Memory.Read32(0x1000) | Memory.Read32(0x5ffc));
        using var keeper = new SharingFunction(keeps: true);
        keeper.GetSharedMemory(0)!.Write32(0x1000, 5);
        keeper.Reset();
        Assert.Equal(5u, keeper.GetSharedMemory(0)!.Read32(0x1000));
    }

    [Fact]
    public void After_disposal_nothing_is_reached()
    {
        var memory = Memory;
        _function.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Read32(0x1000));
        Assert.Throws<ObjectDisposedException>(() => memory.Write32(0x1000, 1));
        Assert.Throws<ObjectDisposedException>(() => memory.GetSpan(0x1000, 1).Length);
        Assert.Throws<ObjectDisposedException>(() => _function.ReadBar(0, 0x1000, new byte[4]));
        _function.Dispose();
    }

    [Fact]
    public void What_cannot_be_had_is_refused_when_the_function_is_made_and_leaves_nothing_open()
    {
        var before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (var i = 0; i < 20; i++)
            Assert.Throws<VfioException>(() => new HugeFunction());
        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, before + 10);
    }

    [Theory]
    [InlineData(0ul, 0ul)]
    [InlineData(0x800ul, 0x1000ul)]
    [InlineData(0ul, 0x1800ul)]
    [InlineData(0x3000ul, 0x2000ul)]
    [InlineData(0x4000ul, 0x1000ul)]
    [InlineData(0xffff_ffff_ffff_f000ul, 0x2000ul)]
    public void An_area_that_is_none_is_refused(ulong offset, ulong length) =>
        Assert.Throws<ArgumentException>(() => new FunctionBar(0, 0x4000) { SharedAreas = [new RegionArea(offset, length)] });

    [Fact]
    public void Areas_are_in_order_and_do_not_overlap_or_hold_the_MSI_X_table()
    {
        Assert.Throws<ArgumentException>(
            () => new FunctionBar(0, 0x4000) { SharedAreas = [new RegionArea(0x2000, 0x1000), new RegionArea(0, 0x1000)] });
        Assert.Throws<ArgumentException>(
            () => new FunctionBar(0, 0x4000) { SharedAreas = [new RegionArea(0, 0x2000), new RegionArea(0x1000, 0x1000)] });
        Assert.Equal([new RegionArea(0, 0x4000)], FunctionBar.Shared(2, 0x4000).SharedAreas);
        Assert.Throws<ArgumentException>(() => new TableFunction());
        Assert.Null(_function.GetSharedMemory(2));
        Assert.Null(_function.GetSharedMemory(-1));
        Assert.Null(_function.GetSharedMemory(6));
    }

    [Property(MaxTest = 300)]
    public bool A_written_range_reads_back_whatever_it_crosses(ushort start, byte[] bytes)
    {
        var offset = (ulong)start % 0x8000;
        bytes = bytes[..(int)Math.Min((ulong)bytes.Length, 0x8000 - offset)];
        _function.WriteRange(0, offset, bytes);
        var back = new byte[bytes.Length];
        _function.ReadRange(0, offset, back);
        return back.AsSpan().SequenceEqual(bytes);
    }

    private sealed class SharingFunction(bool keeps = false) : PciFunction(
        new PciIdentity(0x1af4, 0x10f3, new ClassCode(0xff0000)),
        [new FunctionBar(0, 0x8000) { SharedAreas = [new RegionArea(0x1000, 0x2000), new RegionArea(0x5000, 0x1000)] }])
    {
        private readonly byte[] _trapped = new byte[0x8000];

        public List<string> Accesses { get; } = [];

        protected override bool KeepsSharedMemory => keeps;

        protected override void OnRead(int bar, ulong offset, Span<byte> destination)
        {
            Accesses.Add($"read 0x{offset:x} {destination.Length}");
            _trapped.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
        {
            Accesses.Add($"write 0x{offset:x} {source.Length}");
            source.CopyTo(_trapped.AsSpan((int)offset));
        }
    }

    private abstract class Silent(IReadOnlyList<FunctionBar> bars, MsixTable? msix) : PciFunction(new PciIdentity(1, 2, new ClassCode(0)), bars, msix)
    {
        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => destination.Clear();

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
        {
        }
    }

    // The first has its memory before the second cannot have so much.
    private sealed class HugeFunction() : Silent([FunctionBar.Shared(0, 0x1000), FunctionBar.Shared(2, 1ul << 62)], null);

    private sealed class TableFunction() : Silent([FunctionBar.Shared(0, 0x4000)], new MsixTable(0, 2, 0x1000, 0x1800));
}
