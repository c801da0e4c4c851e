using VfioSharp.Regions;

namespace VfioSharp.Tests.Regions;

/// <summary>The way to registers that is no load or store. The bytes are what counts: they are the same on a host of either byte order.</summary>
public sealed class RegionWindowAccessorTests : IDisposable
{
    private readonly FakeAccessor _accessor = new(64);

    public void Dispose() => _accessor.Dispose();

    [Fact]
    public void Bytes_in_memory_order_are_little_endian_values()
    {
        using var window = Open();
        new byte[] { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 }.CopyTo(_accessor.Bytes, 24);

        Assert.Equal(0x11, window.Read8(8));
        Assert.Equal(0x2211, window.Read16(8));
        Assert.Equal(0x44332211u, window.Read32(8));
        Assert.Equal(0x8877665544332211ul, window.Read64(8));
        Assert.Equal(["read 1 at 24", "read 2 at 24", "read 4 at 24", "read 8 at 24"], _accessor.Calls);
    }

    [Fact]
    public void Values_are_written_as_little_endian_bytes_of_their_width()
    {
        using var window = Open();

        window.Write8(0, 0xa1);
        window.Write16(2, 0xb2b1);
        window.Write32(4, 0xc4c3c2c1);
        window.Write64(8, 0xd8d7d6d5d4d3d2d1);

        Assert.Equal(
            [0xa1, 0, 0xb1, 0xb2, 0xc1, 0xc2, 0xc3, 0xc4, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8], _accessor.Bytes[16..32]);
        Assert.Equal(["write 1 at 16", "write 2 at 18", "write 4 at 20", "write 8 at 24"], _accessor.Calls);
    }

    [Fact]
    public void A_block_is_one_call_per_element_in_ascending_order()
    {
        using var window = Open();
        for (var i = 0; i < 64; i++)
            _accessor.Bytes[i] = (byte)i;

        var block = new byte[8];
        window.ReadBlock(4, block, 4);
        window.WriteBlock(0, block.AsSpan(0, 4), 2);

        Assert.Equal([20, 21, 22, 23, 24, 25, 26, 27], block);
        Assert.Equal(["read 4 at 20", "read 4 at 24", "write 2 at 16", "write 2 at 18"], _accessor.Calls);
        Assert.Equal([20, 21, 22, 23], _accessor.Bytes[16..20]);
    }

    [Fact]
    public void Typed_blocks_hold_values_of_the_host()
    {
        using var window = Open();
        for (var i = 0; i < 64; i++)
            _accessor.Bytes[i] = (byte)i;
        var shorts = new ushort[2];
        var ints = new uint[2];
        var longs = new ulong[1];

        window.ReadBlock(2, shorts);
        window.ReadBlock(4, ints);
        window.ReadBlock(8, longs);

        Assert.Equal([0x1312, 0x1514], shorts);
        Assert.Equal([0x17161514u, 0x1b1a1918u], ints);
        Assert.Equal([0x1f1e1d1c1b1a1918ul], longs);
        Assert.Equal(["read 2 at 18", "read 2 at 20", "read 4 at 20", "read 4 at 24", "read 8 at 24"], _accessor.Calls);

        _accessor.Calls.Clear();
        window.WriteBlock(16, longs);
        window.WriteBlock(24, ints.AsSpan(1));
        window.WriteBlock(28, shorts);
        Assert.Equal([24, 25, 26, 27, 28, 29, 30, 31, 24, 25, 26, 27, 18, 19, 20, 21], _accessor.Bytes[32..48]);
        Assert.Equal(["write 8 at 32", "write 4 at 40", "write 2 at 44", "write 2 at 46"], _accessor.Calls);

        Assert.Throws<ArgumentOutOfRangeException>(() => window.ReadBlock(24, new ulong[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(2, new uint[1]));
        Assert.Equal(4, _accessor.Calls.Count);
    }

    [Fact]
    public void A_failed_access_answers_all_ones_and_counts()
    {
        using var window = Open();
        _accessor.Answer = Errno.EIO;

        Assert.Equal(0xff, window.Read8(0));
        Assert.Equal(0xffff, window.Read16(0));
        Assert.Equal(uint.MaxValue, window.Read32(0));
        Assert.Equal(ulong.MaxValue, window.Read64(0));
        window.Write32(0, 1);

        Assert.Equal(5, window.FaultCount);
    }

    [Fact]
    public void A_failed_access_throws_with_its_error_number_where_that_was_asked()
    {
        using var window = Open(OnFault.Throw);
        _accessor.Answer = Errno.EINVAL;

        var read = Assert.Throws<DeviceAccessException>(() => window.Read64(8));
        var write = Assert.Throws<DeviceAccessException>(() => window.Write16(8, 1));

        Assert.Equal("0000:01:00.0: cannot read 8 bytes from offset 0x18 of BAR0 (EINVAL).", read.Message);
        Assert.Equal(Errno.EINVAL, write.Errno);
        Assert.Equal(2, window.FaultCount);
    }

    [Fact]
    public void The_accessor_is_not_asked_when_the_arguments_are_wrong()
    {
        using var window = Open();

        Assert.Throws<ArgumentOutOfRangeException>(() => window.Read32(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Write64(28, 0));

        Assert.Empty(_accessor.Calls);
    }

    [Fact]
    public void The_accessor_goes_with_its_window()
    {
        var window = Open();
        window.Dispose();

        Assert.True(_accessor.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => window.Read32(0));
        Assert.Empty(_accessor.Calls);
    }

    private RegionWindow Open(OnFault onFault = OnFault.AllOnes) =>
        RegionWindow.OverAccessor(SharedMemory.Describe(AccessPath.RegionFile, 16, 32, onFault: onFault), _accessor);
}
