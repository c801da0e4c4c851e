using System.Buffers.Binary;
using VfioSharp.Emulation.Functions;

namespace VfioSharp.Emulation.Tests;

public sealed class ScratchFunctionTests : IDisposable
{
    private readonly ScratchFunction _scratch = new();
    private readonly RecordingHost _host = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void It_says_what_it_is()
    {
        Assert.Equal(0x5452_4353u, Read32(0));
        Assert.Equal((0x0001_0000u, 1u, 8u), (Read32(4), Read32(8), Read32(12)));
        using var trapped = new ScratchFunction(hasSharedMemory: false);
        var features = new byte[4];
        trapped.ReadBar(0, 8, features);
        Assert.Equal(new byte[4], features);
        Assert.Null(trapped.GetSharedMemory(0));
        Assert.Equal(4096, _scratch.Config.LengthInBytes);
    }

    [Fact]
    public void Each_access_to_its_RAM_is_counted_by_its_width_and_direction_and_the_last_is_told()
    {
        _scratch.WriteBar(2, 0x10, [1]);
        _scratch.WriteBar(2, 0x12, [2, 3]);
        _scratch.WriteBar(0, 0x3014, [4, 5, 6, 7]);
        _scratch.WriteBar(2, 0x18, [8, 9, 10, 11, 12, 13, 14, 15]);
        Assert.Equal([0ul, 0, 0, 0, 1, 1, 1, 1, 0], Counters());
        Assert.Equal((0x18ul, 8u, 0x102u, 0x0f0e_0d0c_0b0a_0908ul), Last());
        var value = new byte[2];
        _scratch.ReadBar(2, 0x14, value);
        Assert.Equal([4, 5], value);
        _scratch.ReadBar(0, 0x3010, new byte[8]);
        Assert.Equal([0ul, 1, 0, 1, 1, 1, 1, 1, 0], Counters());
        Assert.Equal((0x3010ul, 8u, 0ul, 0x0706_0504_0302_0001ul), (Read64(0x148), Read32(0x150), Read32(0x154), Read64(0x158)));
        _scratch.WriteBar(0, 0x14, new byte[4]);
        Assert.Equal(new ulong[9], Counters());
    }

    [Fact]
    public void A_block_store_is_counted_once()
    {
        _scratch.WriteRange(2, 0x100, [.. Enumerable.Range(0, 64).Select(i => (byte)i)]);
        Assert.Equal([0ul, 0, 0, 0, 0, 0, 0, 0, 1], Counters());
        Assert.Equal((0x100ul, 64u, 0x102u, 0x0706_0504_0302_0100ul), Last());
        var value = new byte[1];
        _scratch.ReadBar(0, 0x313f, value);
        Assert.Equal([0x3f], value);
    }

    [Fact]
    public void The_shared_part_is_not_counted_and_without_it_everything_is()
    {
        _scratch.WriteBar(0, 0x1000, new byte[4]);
        Assert.Equal(new ulong[9], Counters());
        using var trapped = new ScratchFunction(hasSharedMemory: false);
        trapped.WriteBar(0, 0x1000, [1, 2, 3, 4]);
        var count = new byte[8];
        trapped.ReadBar(0, 0x130, count);
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0], count);
    }

    [Fact]
    public void The_trigger_signals_the_vector_that_is_written_and_no_other_number()
    {
        Write32(0x10, 3);
        Write32(0x10, 3);
        Write32(0x10, 8);
        Write32(0x10, uint.MaxValue);
        Assert.Empty(_host.Interrupts);
        _scratch.RunWork(_host);
        Assert.Equal([3, 3], _host.Interrupts);
        Assert.Equal(2u, Read32(0x18));
    }

    [Fact]
    public void DMA_moves_from_memory_to_the_function_across_both_kinds_of_its_memory_and_back()
    {
        new Random(1).NextBytes(_host.Memory.AsSpan(0x100, 0x2000));
        Move(1, RecordingHost.Start + 0x100, 0x1800, 0x2000, vector: 5);
        Assert.Equal(2u, Read32(0x58));
        Assert.Equal(0x2000u, Read32(0x5c));
        Assert.Equal([5], _host.Interrupts);
        Assert.Equal(_host.Memory.AsSpan(0x100, 0x1800).ToArray(), _scratch.GetSharedMemory(0)!.GetSpan(0x1800, 0x1800).ToArray());
        Move(2, 0x1800, RecordingHost.Start + 0x8000, 0x2000);
        Assert.Equal(_host.Memory.AsSpan(0x100, 0x2000).ToArray(), _host.Memory.AsSpan(0x8000, 0x2000).ToArray());
        Move(3, RecordingHost.Start + 0x100, RecordingHost.Start + 0xc000, 0x1001);
        Assert.Equal(_host.Memory.AsSpan(0x100, 0x1001).ToArray(), _host.Memory.AsSpan(0xc000, 0x1001).ToArray());
        Assert.Equal(new ulong[9], Counters());
    }

    [Theory]
    [InlineData(1, 0ul, 0x1000ul, 16u, 0u)]
    [InlineData(1, RecordingHost.Start, 0xff8ul, 16u, 0u)]
    [InlineData(1, RecordingHost.Start, 0x3ff8ul, 16u, 8u)]
    [InlineData(2, ulong.MaxValue, RecordingHost.Start, 16u, 0u)]
    [InlineData(2, 0x1000ul, RecordingHost.Start + 0xfff8, 16u, 0u)]
    [InlineData(3, RecordingHost.Start, RecordingHost.Start, 0x100001u, 0u)]
    [InlineData(4, RecordingHost.Start, RecordingHost.Start, 16u, 0u)]
    public void A_move_that_cannot_be_made_ends_with_the_error_bit_and_the_interrupt(uint kind, ulong source, ulong destination, uint length, uint moved)
    {
        Move(kind, source, destination, length, vector: 0);
        Assert.Equal(6u, Read32(0x58));
        Assert.Equal(moved, Read32(0x5c));
        Assert.Equal([0], _host.Interrupts);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(3u)]
    public void A_move_that_a_reset_overtakes_tells_nothing_and_leaves_the_next_one_alone(uint kind)
    {
        using var scratch = new ScratchFunction();
        var host = new RecordingHost();
        host.Memory.AsSpan(0, 0x200).Fill(0x11);
        Start(kind);
        host.Meanwhile = _ =>
        {
            scratch.Reset();
            host.Meanwhile = _ => host.Meanwhile = null;
        };
        scratch.RunWork(host);
        Assert.Equal((0ul, 0ul), (Read(0x58), Read(0x3000)));
        Assert.Empty(host.Interrupts);

        Start(kind);
        host.Meanwhile = _ =>
        {
            host.Meanwhile = null;
            scratch.Reset();
            Start(1);
        };
        scratch.RunWork(host);
        Assert.Equal((2u | 0x10ul << 32, 0x1111_1111_1111_1111ul), (Read(0x58), Read(0x3000)));
        Assert.Equal([0], host.Interrupts);

        void Start(uint command)
        {
            scratch.WriteBar(0, 0x40, BitConverter.GetBytes(command == 2 ? 0x3000 : RecordingHost.Start));
            scratch.WriteBar(0, 0x48, BitConverter.GetBytes(command == 1 ? 0x3000 : RecordingHost.Start + 0x400));
            scratch.WriteBar(0, 0x50, BitConverter.GetBytes(0x10u));
            scratch.WriteBar(0, 0x54, BitConverter.GetBytes(command | 0x100u));
        }

        ulong Read(ulong offset)
        {
            var bytes = new byte[8];
            scratch.ReadRange(0, offset, bytes);
            return BitConverter.ToUInt64(bytes);
        }
    }

    [Fact]
    public void While_a_move_is_wanted_its_registers_stay_as_they_are()
    {
        Write64(0x40, RecordingHost.Start);
        Write64(0x48, 0x3000);
        Write32(0x50, 8);
        Write32(0x54, 1);
        Assert.Equal(1u, Read32(0x58));
        Write64(0x48, 0x1000);
        Write32(0x54, 2);
        Assert.Equal((0x3000ul, 1u), (Read64(0x48), Read32(0x54)));
        _scratch.Reset();
        Assert.Equal(0u, Read32(0x58));
        _scratch.RunWork(_host);
        Assert.Equal(0u, Read32(0x58));
    }

    [Fact]
    public void A_register_of_another_width_is_not_written()
    {
        _scratch.WriteBar(0, 0x10, [1, 0]);
        _scratch.WriteBar(0, 0x40, [1, 0, 0, 0]);
        _scratch.WriteBar(0, 0, [1, 0, 0, 0]);
        _scratch.WriteRange(0, 0x40, new byte[32]);
        Assert.False(_scratch.HasWork);
        Assert.Equal((0x5452_4353u, 0u), (Read32(0), Read32(0x40)));
    }

    private void Move(uint kind, ulong source, ulong destination, uint length, uint? vector = null)
    {
        Write64(0x40, source);
        Write64(0x48, destination);
        Write32(0x50, length);
        Write32(0x54, kind | (vector is { } number ? 0x100 | number << 16 : 0));
        Assert.Equal(1u, Read32(0x58));
        _scratch.RunWork(_host);
    }

    private ulong[] Counters() => [.. Enumerable.Range(0, 9).Select(i => Read64(0x100 + (ulong)i * 8))];

    private (ulong Offset, uint Width, uint Bar, ulong Value) Last() => (Read64(0x148), Read32(0x150), Read32(0x154), Read64(0x158));

    private uint Read32(ulong offset) => (uint)Read(offset, 4);

    private ulong Read64(ulong offset) => Read(offset, 8);

    private ulong Read(ulong offset, int width)
    {
        var bytes = new byte[8];
        _scratch.ReadBar(0, offset, bytes.AsSpan(0, width));
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private void Write32(ulong offset, uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _scratch.WriteBar(0, offset, bytes);
    }

    private void Write64(ulong offset, ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _scratch.WriteBar(0, offset, bytes);
    }
}
