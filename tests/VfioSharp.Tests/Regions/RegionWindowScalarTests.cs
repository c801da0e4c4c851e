namespace VfioSharp.Tests.Regions;

public sealed class RegionWindowScalarTests : IDisposable
{
    private readonly SharedMemory _memory = new();

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Each_width_reads_its_bytes_as_a_little_endian_value()
    {
        _memory.Write(0x10, [1, 2, 3, 4, 5, 6, 7, 0x88]);
        using var window = _memory.Open();

        Assert.Equal(0x01, window.Read8(0x10));
        Assert.Equal(0x0201, window.Read16(0x10));
        Assert.Equal(0x04030201u, window.Read32(0x10));
        Assert.Equal(0x8807060504030201ul, window.Read64(0x10));
        Assert.Equal(0, window.FaultCount);
    }

    [Fact]
    public void Each_width_writes_its_bytes_and_no_others()
    {
        _memory.Write(0, [.. Enumerable.Repeat((byte)0xee, 64)]);
        using var window = _memory.Open();

        window.Write8(3, 0x11);
        window.Write16(10, 0x2322);
        window.Write32(20, 0x37363534);
        window.Write64(32, 0x4f4e4d4c4b4a4948);

        var expected = Enumerable.Repeat((byte)0xee, 64).ToArray();
        expected[3] = 0x11;
        new byte[] { 0x22, 0x23 }.CopyTo(expected, 10);
        new byte[] { 0x34, 0x35, 0x36, 0x37 }.CopyTo(expected, 20);
        new byte[] { 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f }.CopyTo(expected, 32);
        Assert.Equal(expected, _memory.Read(0, 64));
    }

    [Fact]
    public void Offsets_count_from_the_windows_start()
    {
        _memory.Write(0x104, [0xab, 0xcd, 0xef, 0x01]);
        using var window = _memory.Open(offset: 0x100, lengthInBytes: 8);

        Assert.Equal(0x01efcdabu, window.Read32(4));
        Assert.Equal(0x100ul, window.RegionOffset);
        Assert.Equal(8ul, window.LengthInBytes);
        Assert.Equal("BAR0", window.RegionName);
    }

    [Fact]
    public void Alignment_is_that_of_the_region_and_not_of_the_window()
    {
        using var window = _memory.Open(offset: 4, lengthInBytes: 16);

        Assert.Equal(0ul, window.Read64(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Read64(0));
    }
}
