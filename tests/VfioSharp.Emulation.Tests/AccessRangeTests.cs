using FsCheck.Xunit;

namespace VfioSharp.Emulation.Tests;

public sealed class AccessRangeTests : IDisposable
{
    private readonly RegisterFile _function = new();

    public void Dispose() => _function.Dispose();

    [Theory]
    [InlineData(0x40ul, 1, "0x40 1")]
    [InlineData(0x40ul, 3, "0x40 2;0x42 1")]
    [InlineData(0x41ul, 8, "0x41 1;0x42 2;0x44 4;0x48 1")]
    [InlineData(0x44ul, 12, "0x44 4;0x48 8")]
    [InlineData(0x40ul, 20, "0x40 8;0x48 8;0x50 4")]
    [InlineData(0x40ul, 0, "")]
    public void A_range_becomes_aligned_accesses_as_wide_as_can_be_in_ascending_order(ulong offset, int length, string expected)
    {
        _function.ReadRange(0, offset, new byte[length]);
        Assert.Equal(expected, string.Join(';', _function.Accesses.Select(access => access["read ".Length..])));
        _function.Accesses.Clear();
        _function.WriteRange(0, offset, new byte[length]);
        Assert.Equal(expected, string.Join(';', _function.Accesses.Select(access => access["write ".Length..])));
    }

    [Theory]
    [InlineData(0x40ul, 16, 1)]
    [InlineData(0ul, 4096, 1)]
    [InlineData(0xff8ul, 8, 0)]
    [InlineData(0xff8ul, 16, 0)]
    [InlineData(0x44ul, 16, 0)]
    [InlineData(0x40ul, 20, 0)]
    [InlineData(0ul, 8192, 0)]
    public void What_can_be_a_block_store_is_one(ulong offset, int length, int blocks)
    {
        using var counting = new BlockCounter();
        counting.WriteRange(0, offset, new byte[length]);
        Assert.Equal(blocks, counting.Blocks);
        Assert.Equal(blocks == 1 ? 0 : length, counting.BytesByRegister);
    }

    [Fact]
    public void A_range_outside_of_the_BAR_is_refused_and_nothing_arrives()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _function.ReadRange(0, 0x3fff, new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _function.WriteRange(0, ulong.MaxValue, new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _function.ReadRange(1, 0, new byte[2]));
        Assert.Empty(_function.Accesses);
    }

    [Fact]
    public void A_range_reaches_the_MSI_X_table_and_a_block_store_too()
    {
        _function.WriteRange(4, 0, new byte[32]);
        Assert.False(_function.Msix!.IsMasked(0));
        Assert.False(_function.Msix.IsMasked(1));
        Assert.Empty(_function.Accesses);
    }

    [Property]
    public bool Accesses_cover_a_range_once_in_order_and_are_aligned(ushort start, byte length)
    {
        _function.Accesses.Clear();
        var offset = (ulong)start % 0x3f00;
        _function.ReadRange(0, offset, new byte[length]);
        var next = offset;
        foreach (var access in _function.Accesses)
        {
            var parts = access.Split(' ');
            var at = Convert.ToUInt64(parts[1], 16);
            var width = ulong.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture);
            if (at != next || at % width != 0 || width is not (1 or 2 or 4 or 8))
                return false;
            next += width;
        }

        return next == offset + length;
    }

    [Fact]
    public void Ranges_allocate_nothing()
    {
        using var counting = new BlockCounter();
        var bytes = new byte[100];
        for (var i = 0; i < 2; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var turn = 0; turn < 100; turn++)
            {
                counting.ReadRange(0, 3, bytes);
                counting.WriteRange(0, 3, bytes);
                counting.WriteRange(0, 0, bytes.AsSpan(0, 64));
            }

            if (i == 1)
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private sealed class BlockCounter() : PciFunction(new PciIdentity(1, 2, new Config.ClassCode(0)), [new FunctionBar(0, 0x4000)])
    {
        public int Blocks { get; private set; }

        public int BytesByRegister { get; private set; }

        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => destination.Clear();

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source) => BytesByRegister += source.Length;

        protected override void OnStoreBlock(int bar, ulong offset, ReadOnlySpan<byte> source) => Blocks++;
    }
}
