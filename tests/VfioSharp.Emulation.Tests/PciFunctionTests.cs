using FsCheck.Xunit;
using VfioSharp.Config;

namespace VfioSharp.Emulation.Tests;

public sealed class PciFunctionTests : IDisposable
{
    private readonly RegisterFile _function = new();
    private readonly RecordingHost _host = new();

    public void Dispose() => _function.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void An_access_arrives_once_with_its_offset_and_width(int width)
    {
        _function.WriteBar(0, 0x40, new byte[width]);
        _function.ReadBar(0, 0x40, new byte[width]);
        Assert.Equal([$"write 0x40 {width}", $"read 0x40 {width}"], _function.Accesses);
    }

    [Theory]
    [InlineData(0, 0ul, 3)]
    [InlineData(0, 0ul, 0)]
    [InlineData(0, 0ul, 16)]
    [InlineData(0, 0x4000ul, 1)]
    [InlineData(0, 0x3ffdul, 4)]
    [InlineData(0, ulong.MaxValue, 8)]
    [InlineData(1, 0ul, 4)]
    [InlineData(6, 0ul, 4)]
    public void What_lies_outside_of_the_BARs_or_is_no_register_width_is_refused(int bar, ulong offset, int width)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _function.ReadBar(bar, offset, new byte[width]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _function.WriteBar(bar, offset, new byte[width]));
        Assert.Empty(_function.Accesses);
    }

    [Fact]
    public void A_block_store_becomes_writes_of_8_bytes_in_ascending_order_unless_the_function_takes_it()
    {
        _function.StoreBlock(0, 0x10, new byte[24]);
        Assert.Equal(["write 0x10 8", "write 0x18 8", "write 0x20 8"], _function.Accesses);
    }

    [Theory]
    [InlineData(0ul, 0)]
    [InlineData(0ul, 12)]
    [InlineData(4ul, 8)]
    [InlineData(0x3ff8ul, 16)]
    [InlineData(0ul, 4104)]
    public void A_block_that_no_store_block_can_be_is_refused(ulong offset, int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _function.StoreBlock(0, offset, new byte[length]));

    [Fact]
    public void Work_is_done_when_the_host_runs_it_and_not_in_the_handler()
    {
        _function.WriteBar(0, 0x1f8, [1]);
        Assert.Empty(_host.Interrupts);
        Assert.True(_function.HasWork);
        _function.RunWork(_host);
        Assert.Equal([0], _host.Interrupts);
        Assert.False(_function.HasWork);
        _function.RunWork(_host);
        Assert.Single(_host.Interrupts);
    }

    [Fact]
    public void A_reset_reaches_configuration_space_the_table_and_the_function()
    {
        _function.Config.Write(0x04, [6, 0]);
        _function.WriteBar(4, 12, [0, 0, 0, 0]);
        _function.WriteBar(0, 0, [0x55]);
        Assert.False(_function.Msix!.IsMasked(0));
        _function.Reset();
        Assert.Equal(1, _function.Resets);
        Assert.False(_function.Config.IsMemoryEnabled);
        Assert.True(_function.Msix.IsMasked(0));
        var value = new byte[1];
        _function.ReadBar(0, 0, value);
        Assert.Equal([0], value);
    }

    [Fact]
    public void The_driver_writes_the_MSI_X_table_and_the_function_never_sees_it()
    {
        _function.WriteBar(4, 0x10, [0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0]);
        _function.WriteBar(4, 0x18, [9, 0, 0, 0]);
        Assert.Equal((0x12345678ul, 9u), _function.Msix!.GetMessage(1));
        _function.WriteBar(4, 0x800, [0xff]);
        var pending = new byte[8];
        _function.ReadBar(4, 0x800, pending);
        Assert.Equal(new byte[8], pending);
        Assert.Empty(_function.Accesses);
        Assert.Throws<ArgumentOutOfRangeException>(() => _function.Msix.IsMasked(2));
    }

    [Fact]
    public void A_driver_finds_identity_BARs_and_MSI_X_in_configuration_space()
    {
        var config = _function.Config;
        Assert.Equal(0x10f01af4u, Read(config, 0));
        Assert.Equal(0xff0000u << 8, Read(config, 8));
        Assert.Equal(0x10f01af4u, Read(config, 0x2c));
        config.Write(0x10, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        Assert.Equal(0xffffc004u, Read(config, 0x10));
        Assert.Equal(0xffffffffu, Read(config, 0x14));
        Assert.Equal(0u, Read(config, 0x18));
        Assert.Equal(0x40u, Read(config, 0x34));
        Assert.Equal(0x40, config.MsixOffset);
        Assert.Equal(0x0001_0011u, Read(config, 0x40));
        Assert.Equal(4u, Read(config, 0x44));
        Assert.Equal(0x804u, Read(config, 0x48));
        config.Write(0x42, [0xff, 0xff]);
        Assert.Equal(0xc001_0011u, Read(config, 0x40));
        Assert.True(config.IsMsixEnabled);
    }

    [Property]
    public bool Only_bits_that_are_writable_change(byte offset, byte[] bytes)
    {
        var config = new RegisterFile().Config;
        var source = bytes.AsSpan(0, Math.Min(bytes.Length, FunctionConfigSpace.ConventionalLengthInBytes - offset));
        config.Write(offset, source);
        config.Write(0x10, [0, 0, 0, 0]);
        return Read(config, 0) == 0x10f01af4 && Read(config, 8) == 0xff000000 && Read(config, 0x10) == 4 && Read(config, 0x34) == 0x40
            && (Read(config, 4) & 0xffff_fab8) == 0x0010_0000;
    }

    [Fact]
    public void Parts_that_do_not_fit_together_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new Shape([new FunctionBar(0, 0x1000), new FunctionBar(1, 0x1000)], null));
        Assert.Throws<ArgumentException>(() => new Shape([new FunctionBar(0, 0x1000)], new MsixTable(0, 64, 0xff8, 0)));
        Assert.Throws<ArgumentException>(() => new Shape([new FunctionBar(0, 0x1000)], new MsixTable(2, 1, 0, 0x10)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MsixTable(0, 2049, 0, 0x10000));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MsixTable(0, 2, 0, 0x18));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FunctionBar(5, 0x1000));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FunctionBar(0, 0x1001));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FunctionBar(0, 1ul << 32, is64Bit: false));
    }

    private static uint Read(FunctionConfigSpace config, int offset)
    {
        var bytes = new byte[4];
        config.Read(offset, bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private sealed class Shape(IReadOnlyList<FunctionBar> bars, MsixTable? msix) : PciFunction(new PciIdentity(1, 2, new ClassCode(0)), bars, msix)
    {
        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => destination.Clear();

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
        {
        }
    }
}
