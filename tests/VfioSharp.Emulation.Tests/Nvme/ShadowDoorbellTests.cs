using System.Buffers.Binary;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

/// <summary>Doorbell Buffer Config (NVMe Base 2.0, 5.8) as drivers use it.</summary>
public sealed class ShadowDoorbellTests : IDisposable
{
    private readonly RawDriver _driver = new(new NvmeFunctionOptions { Doorbells = NvmeDoorbells.Trapped });
    private readonly ulong _shadows;
    private readonly ulong _eventIndexes;

    public ShadowDoorbellTests()
    {
        _shadows = _driver.AllocatePages(1);
        _eventIndexes = _driver.AllocatePages(1);
        _driver.Enable();
    }

    private NvmeFunction Function => _driver.Function;

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void They_are_offered_where_doorbells_are_trapped_alone()
    {
        Assert.Equal(0x106, BinaryPrimitives.ReadUInt16LittleEndian(_driver.Identify(1).AsSpan(256)));
        using var shared = new RawDriver();
        shared.Enable();
        Assert.Equal(0x006, BinaryPrimitives.ReadUInt16LittleEndian(shared.Identify(1).AsSpan(256)));
        Assert.Equal(0x001, shared.Admin(0x7c, prp1: RecordingHost.Start, prp2: RecordingHost.Start + 4096).Code);
    }

    [Fact]
    public void Buffers_begin_at_pages_and_lie_in_memory()
    {
        Assert.Equal(0x002, _driver.Admin(0x7c, prp1: _shadows + 8, prp2: _eventIndexes).Code);
        Assert.Equal(0x002, _driver.Admin(0x7c, prp1: _shadows, prp2: _eventIndexes + 8).Code);
        Assert.Equal(0x004, _driver.Admin(0x7c, prp1: 0x1000, prp2: _eventIndexes).Code);
        Assert.False(Function.IsPolling);
    }

    [Fact]
    public void Commands_are_found_in_memory_while_the_controller_looks()
    {
        Configure();
        Assert.True(Function.IsPolling);
        _driver.Submit(1, 0x00, space: 9);
        Shadow(2, 1);
        _driver.Poll();
        Assert.Equal(0x00b, _driver.TryTake(1)!.Value.Code);
        Shadow(3, 1);
        // The admin queue's doorbells are registers as ever.
        Assert.Equal(0, _driver.Admin(0x18).Code);
    }

    [Fact]
    public void A_doorbell_register_of_an_IO_queue_says_no_more_than_that_there_is_something()
    {
        Configure();
        _driver.Submit(1, 0x00, space: 9);
        _driver.Write32(0x1008, 1);
        Assert.Null(_driver.TryTake(1));
        Shadow(2, 1);
        _driver.Write32(0x1008, 1);
        Assert.NotNull(_driver.TryTake(1));
    }

    [Fact]
    public void Before_it_rests_the_controller_asks_to_be_called_for_the_next_command()
    {
        Configure();
        for (var i = 0; i < 5; i++)
            _driver.Submit(1, 0x00, space: 9);
        Shadow(2, 5);
        _driver.Poll();
        Assert.Equal(0u, EventIndex(2));
        Assert.True(Function.TryRest(_driver.Host));
        Assert.Equal(5u, EventIndex(2));
        // What came before the value was there is found, and there is no rest.
        _driver.Submit(1, 0x00, space: 9);
        Shadow(2, 6);
        Assert.False(Function.TryRest(_driver.Host));
        _driver.Poll();
        for (var i = 0; i < 6; i++)
            Assert.NotNull(_driver.TryTake(1));
    }

    [Fact]
    public void The_admin_queue_is_always_to_be_rung()
    {
        Configure();
        var before = EventIndex(0);
        Assert.Equal(0, _driver.Admin(0x18).Code);
        Assert.Equal(before + 1, EventIndex(0));
    }

    [Fact]
    public void A_new_queue_begins_with_empty_doorbells()
    {
        Configure();
        Shadow(4, 7);
        Assert.Equal(0, _driver.CreateQueues(2, vector: 2).Code);
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(_driver.Memory(_shadows + 16, 4)));
        _driver.Poll();
        Assert.Null(_driver.TryTake(2));
    }

    [Fact]
    public void Buffers_that_are_gone_are_fatal()
    {
        Assert.Equal(0, _driver.CreateQueues(1).Code);
        Assert.Equal(0, _driver.Admin(0x7c, prp1: _shadows, prp2: _eventIndexes).Code);
        _driver.Host.IsGone = true;
        Assert.True(Function.IsPolling);
        _driver.Function.Poll(_driver.Host);
        Assert.Equal(3u, _driver.Read32(0x1c));
        Assert.False(Function.IsPolling);
        Assert.True(Function.TryRest(_driver.Host));
    }

    [Fact]
    public void A_reset_forgets_them()
    {
        Configure();
        _driver.Write32(0x14, 0);
        Assert.False(Function.IsPolling);
        _driver.Enable();
        Assert.False(Function.IsPolling);
        Assert.Equal(0, _driver.CreateQueues(1).Code);
        Assert.Equal(0x00b, _driver.Execute(1, 0x00, space: 9).Code);
    }

    private void Configure()
    {
        Assert.Equal(0, _driver.CreateQueues(1).Code);
        Assert.Equal(0, _driver.Admin(0x7c, prp1: _shadows, prp2: _eventIndexes).Code);
    }

    private void Shadow(int doorbell, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(_driver.Memory(_shadows + (ulong)doorbell * 4, 4), value);

    private uint EventIndex(int doorbell) => BinaryPrimitives.ReadUInt32LittleEndian(_driver.Memory(_eventIndexes + (ulong)doorbell * 4, 4));
}
