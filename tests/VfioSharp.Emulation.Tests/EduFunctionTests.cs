using System.Buffers.Binary;
using VfioSharp.Emulation.Functions;

namespace VfioSharp.Emulation.Tests;

/// <summary>What QEMU's documentation says of the device (docs/specs/edu.rst), and its source where that is silent (hw/misc/edu.c).</summary>
public sealed class EduFunctionTests : IDisposable
{
    private readonly EduFunction _edu = new(dmaMask: ulong.MaxValue);
    private readonly RecordingHost _host = new();

    public void Dispose() => _edu.Dispose();

    [Fact]
    public void It_identifies_itself_and_inverts()
    {
        Assert.Equal(0x0100_00edu, Read32(0));
        Write32(4, 0x1234_5678);
        Assert.Equal(0xedcb_a987u, Read32(4));
        Assert.Equal(0x11e8_1234u, ReadConfig32(0));
        Assert.Equal(0x00ff_0010u, ReadConfig32(8));
        Assert.Equal(1u, ReadConfig32(0x3c) >> 8 & 0xff);
        Assert.Equal(256, _edu.Config.LengthInBytes);
    }

    [Theory]
    [InlineData(0u, 1u)]
    [InlineData(1u, 1u)]
    [InlineData(5u, 120u)]
    [InlineData(12u, 479_001_600u)]
    [InlineData(13u, 1_932_053_504u)]
    [InlineData(33u, 0x8000_0000u)]
    [InlineData(34u, 0u)]
    [InlineData(uint.MaxValue, 0u)]
    public void A_factorial_is_computed_after_the_access_modulo_2_to_the_32(uint value, uint expected)
    {
        Write32(8, value);
        Assert.Equal(1u, Read32(0x20));
        Assert.Equal(value, Read32(8));
        _edu.RunWork(_host);
        Assert.Equal(0u, Read32(0x20));
        Assert.Equal(expected, Read32(8));
        Assert.Empty(_host.Interrupts);
    }

    [Fact]
    public void The_end_of_a_factorial_interrupts_where_the_status_register_asks_for_that()
    {
        Write32(0x20, 0xff);
        Assert.Equal(0x80u, Read32(0x20));
        Write32(8, 3);
        Write32(8, 4);
        _edu.RunWork(_host);
        Assert.Equal(6u, Read32(8));
        Assert.Equal([0], _host.Interrupts);
        Assert.Equal(1u, Read32(0x24));
        Write32(0x64, 1);
        Assert.Equal(0u, Read32(0x24));
    }

    [Fact]
    public void The_line_is_up_until_everything_is_acknowledged()
    {
        var host = new RecordingHost { OnlyHasLine = true };
        Write32(0x60, 0x30);
        _edu.RunWork(host);
        Write32(0x64, 0x10);
        _edu.RunWork(host);
        Write32(0x64, 0x20);
        _edu.RunWork(host);
        Assert.Equal([true, true, false], host.Line);
        Assert.Empty(host.Interrupts);
    }

    [Fact]
    public void By_messages_each_raise_is_one_and_an_acknowledge_is_none()
    {
        Write32(0x60, 1);
        Write32(0x60, 2);
        _edu.RunWork(_host);
        Write32(0x64, 3);
        _edu.RunWork(_host);
        Write32(0x60, 0);
        _edu.RunWork(_host);
        Assert.Equal([0, 0], _host.Interrupts);
        Assert.Empty(_host.Line);
    }

    [Fact]
    public void DMA_moves_to_the_buffer_and_back_as_the_documentation_has_it()
    {
        new Random(2).NextBytes(_host.Memory.AsSpan(0, 100));
        Dma(RecordingHost.Start, 0x40000, 100, 1);
        Dma(0x40000, RecordingHost.Start + 100, 100, 3 | 4);
        Assert.Equal(_host.Memory.AsSpan(0, 100).ToArray(), _host.Memory.AsSpan(100, 100).ToArray());
        Assert.Equal([0], _host.Interrupts);
        Assert.Equal(0x100u, Read32(0x24));
    }

    [Theory]
    [InlineData(0x3fff0ul, 32ul)]
    [InlineData(0x40ff0ul, 32ul)]
    [InlineData(0x40000ul, 4097ul)]
    [InlineData(0x40000ul, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 2ul)]
    public void DMA_outside_of_the_buffer_moves_nothing_and_ends(ulong place, ulong count)
    {
        Dma(place, RecordingHost.Start, count, 3);
        Assert.All(_host.Memory, octet => Assert.Equal(0, octet));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_transfer_that_a_reset_overtakes_leaves_the_one_after_it_alone(bool startsAnother)
    {
        using var edu = new EduFunction(dmaMask: ulong.MaxValue);
        var host = new RecordingHost();
        host.Memory.AsSpan(0, 16).Fill(0x11);
        host.Memory.AsSpan(0x100, 16).Fill(0x22);
        Start(edu, RecordingHost.Start);
        host.Meanwhile = _ =>
        {
            host.Meanwhile = null;
            edu.Reset();
            if (startsAnother)
                Start(edu, RecordingHost.Start + 0x100);
        };
        edu.RunWork(host);
        Assert.Equal(startsAnother ? [0] : [], host.Interrupts);
        edu.WriteBar(0, 0x80, [0, 0, 4, 0, 0, 0, 0, 0]);
        Write64(edu, 0x88, RecordingHost.Start + 0x200);
        Write64(edu, 0x90, 16);
        Write64(edu, 0x98, 3);
        edu.RunWork(host);
        Assert.Equal(Enumerable.Repeat((byte)(startsAnother ? 0x22 : 0), 16), host.Memory.AsSpan(0x200, 16).ToArray());

        static void Start(EduFunction edu, ulong source)
        {
            Write64(edu, 0x80, source);
            Write64(edu, 0x88, 0x40000);
            Write64(edu, 0x90, 16);
            Write64(edu, 0x98, 5);
        }

        static void Write64(EduFunction edu, ulong offset, ulong value) => edu.WriteBar(0, offset, BitConverter.GetBytes(value));
    }

    [Fact]
    public void The_mask_cuts_addresses_off()
    {
        using var narrow = new EduFunction();
        var host = new LowHost();
        WriteTo(narrow, 0x80, 0x40000, 8);
        WriteTo(narrow, 0x88, 0xff_f000_0010, 8);
        WriteTo(narrow, 0x90, 4, 8);
        WriteTo(narrow, 0x98, 3, 8);
        narrow.RunWork(host);
        Assert.Equal([0x10ul], host.Written);
    }

    [Fact]
    public void While_DMA_is_wanted_its_registers_stay_as_they_are()
    {
        WriteTo(_edu, 0x98, 2, 8);
        Assert.Equal(0u, Read32(0x98));
        WriteTo(_edu, 0x98, 1, 4);
        WriteTo(_edu, 0x80, 5, 8);
        WriteTo(_edu, 0x98, 7, 4);
        Assert.Equal((0u, 1u), (Read32(0x80), Read32(0x98)));
        _edu.RunWork(_host);
        Assert.Equal(0u, Read32(0x98));
    }

    [Fact]
    public void An_access_of_another_width_or_place_reads_all_ones_and_writes_nothing()
    {
        foreach (var (offset, width) in new[] { (0ul, 8), (4ul, 2), (4ul, 1), (8ul, 8), (0x84ul, 4), (0x40000ul, 8), (0x64ul, 4) })
        {
            var bytes = new byte[width];
            _edu.ReadBar(0, offset, bytes);
            Assert.All(bytes, octet => Assert.Equal(0xff, octet));
        }

        WriteTo(_edu, 4, 1, 8);
        WriteTo(_edu, 8, 1, 2);
        Assert.Equal((0u, 0u, false), (Read32(4), Read32(8), _edu.HasWork));
        WriteTo(_edu, 0x80, 0x1_0000_0002, 8);
        WriteTo(_edu, 0x80, 3, 4);
        var whole = new byte[8];
        _edu.ReadBar(0, 0x80, whole);
        Assert.Equal(3ul, BinaryPrimitives.ReadUInt64LittleEndian(whole));
    }

    [Fact]
    public void MSI_X_can_be_left_out_as_QEMU_does()
    {
        using var plain = new EduFunction(withMsix: false);
        Assert.Null(plain.Msix);
        Assert.Single(plain.Bars);
        Assert.NotNull(_edu.Msix);
        Assert.Equal(1, plain.Config.MsiVectorCount);
    }

    private void Dma(ulong source, ulong destination, ulong count, uint command)
    {
        WriteTo(_edu, 0x80, source, 8);
        WriteTo(_edu, 0x88, destination, 8);
        WriteTo(_edu, 0x90, count, 8);
        WriteTo(_edu, 0x98, command, 4);
        Assert.Equal(command, Read32(0x98));
        _edu.RunWork(_host);
        Assert.Equal(command & ~1u, Read32(0x98));
    }

    private uint Read32(ulong offset)
    {
        var bytes = new byte[4];
        _edu.ReadBar(0, offset, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private uint ReadConfig32(int offset)
    {
        var bytes = new byte[4];
        _edu.ReadConfig(offset, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private void Write32(ulong offset, uint value) => WriteTo(_edu, offset, value, 4);

    private static void WriteTo(EduFunction edu, ulong offset, ulong value, int width)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        edu.WriteBar(0, offset, bytes.AsSpan(0, width));
    }

    private sealed class LowHost : FunctionHost
    {
        public List<ulong> Written { get; } = [];

        public override bool ReadMemory(ulong iova, Span<byte> destination) => false;

        public override bool WriteMemory(ulong iova, ReadOnlySpan<byte> source)
        {
            Written.Add(iova);
            return true;
        }

        public override void SignalInterrupt(int vector)
        {
        }
    }
}
