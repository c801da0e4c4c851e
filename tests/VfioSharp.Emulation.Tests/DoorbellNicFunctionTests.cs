using System.Buffers.Binary;
using VfioSharp.Emulation.Functions;

namespace VfioSharp.Emulation.Tests;

public sealed class DoorbellNicFunctionTests : IDisposable
{
    private readonly DoorbellNicFunction _nic = new();
    private readonly RecordingHost _host = new();

    public void Dispose() => _nic.Dispose();

    [Fact]
    public void A_doorbell_ends_as_an_entry_in_the_ring_and_an_interrupt_of_its_queue()
    {
        SetRing(RecordingHost.Start, 4);
        _nic.WriteBar(2, 3 * 0x1000, [7, 0, 0, 0]);
        _nic.RunWork(_host);
        Assert.Equal([3], _host.Interrupts);
        Assert.Equal("0700000000000000" + "0300" + "0000" + "01000000", Convert.ToHexStringLower(_host.Memory.AsSpan(0, 16)));
        Assert.Equal(1ul, Read(8));
    }

    [Fact]
    public void A_block_store_hands_a_descriptor_over()
    {
        SetRing(RecordingHost.Start, 4);
        var descriptor = new byte[64];
        descriptor[0] = 0xaa;
        _nic.StoreBlock(2, 0x5000 + 0x100, descriptor);
        _nic.RunWork(_host);
        Assert.Equal("aa00000000000000" + "0500" + "4000" + "01000000", Convert.ToHexStringLower(_host.Memory.AsSpan(0, 16)));
    }

    [Fact]
    public void An_entry_that_a_reset_overtakes_leaves_the_ring_after_it_alone()
    {
        SetRing(RecordingHost.Start, 4);
        _nic.WriteBar(2, 0, [1, 0, 0, 0]);
        _host.Meanwhile = _ =>
        {
            _host.Meanwhile = null;
            _nic.Reset();
            SetRing(RecordingHost.Start + 0x100, 4);
            _nic.WriteBar(2, 0, [2, 0, 0, 0]);
        };
        _nic.RunWork(_host);
        Assert.Equal([0], _host.Interrupts);
        Assert.Equal("0200000000000000" + "0000" + "0000" + "01000000", Convert.ToHexStringLower(_host.Memory.AsSpan(0x100, 16)));
        Assert.Equal(1ul, Read(8));
    }

    [Fact]
    public void Doorbells_that_nobody_has_time_for_are_kept_up_to_a_limit_and_the_others_counted_as_lost()
    {
        SetRing(RecordingHost.Start, 4);
        for (var i = 0; i < 65536 + 5; i++)
            _nic.WriteBar(2, 0, [1, 0, 0, 0]);
        Assert.Equal(65536ul + 5, Read(8));
        Assert.Equal(5ul, Read(0x18) >> 32);
        _nic.RunWork(_host);
        Assert.Equal(65536, _host.Interrupts.Count);
    }

    [Fact]
    public void The_ring_wraps_and_the_sequence_goes_on()
    {
        SetRing(RecordingHost.Start, 2);
        for (var i = 1; i <= 5; i++)
            _nic.WriteBar(2, 0, [(byte)i, 0, 0, 0, 0, 0, 0, 0]);
        _nic.RunWork(_host);
        Assert.Equal(5, _host.Interrupts.Count);
        Assert.Equal(5u, BinaryPrimitives.ReadUInt32LittleEndian(_host.Memory.AsSpan(12)));
        Assert.Equal(4u, BinaryPrimitives.ReadUInt32LittleEndian(_host.Memory.AsSpan(28)));
    }

    [Fact]
    public void A_ring_that_is_not_mapped_costs_the_entry_and_is_counted()
    {
        SetRing(0x1000, 4);
        _nic.WriteBar(2, 0, [1, 0, 0, 0]);
        _nic.RunWork(_host);
        Assert.Empty(_host.Interrupts);
        Assert.Equal(1ul, Read(0x18) >> 32);
        _nic.Reset();
        Assert.Equal(0ul, Read(0x18));
    }

    [Theory]
    [InlineData(0u, 0ul, 4)]
    [InlineData(3u, 0ul, 4)]
    [InlineData(131072u, 0ul, 4)]
    [InlineData(4u, 8ul, 4)]
    [InlineData(4u, 0ul, 2)]
    public void Without_a_ring_or_by_another_write_than_a_doorbell_nothing_happens(uint entries, ulong offset, int width)
    {
        SetRing(RecordingHost.Start, entries);
        _nic.WriteBar(2, offset, new byte[width]);
        _nic.RunWork(_host);
        Assert.Empty(_host.Interrupts);
    }

    private void SetRing(ulong iova, uint entries)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, iova);
        _nic.WriteBar(0, 0x10, bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, entries);
        _nic.WriteBar(0, 0x18, bytes.AsSpan(0, 4));
    }

    private ulong Read(ulong offset)
    {
        var bytes = new byte[8];
        _nic.ReadBar(0, offset, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
