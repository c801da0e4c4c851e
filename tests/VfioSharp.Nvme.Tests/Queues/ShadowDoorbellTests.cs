using System.Buffers.Binary;
using FsCheck.Xunit;

namespace VfioSharp.Nvme.Tests.Queues;

public sealed unsafe class ShadowDoorbellTests
{
    [Property(MaxTest = 500)]
    public void The_register_is_written_exactly_where_the_event_index_was_passed(ushort old, ushort step, ushort eventIndex)
    {
        // As entries that go by one after the other: from the old value, exclusive, to the new one, inclusive, one is the index's successor.
        var isPassed = Enumerable.Range(0, step).Any(i => (ushort)(old + i) == eventIndex);
        uint value = 0, index = 0;
        var doorbell = new ShadowDoorbell(&value, &index);
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(&value, 4), old);
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(&index, 4), eventIndex);
        Assert.Equal(isPassed, doorbell.Update((ushort)(old + step)));
        Assert.Equal((ushort)(old + step), BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(&value, 4)));
    }

    [Fact]
    public void A_controller_that_looks_by_itself_is_not_told_by_the_register()
    {
        using var rig = new QueueRig(depth: 8, useShadows: true);
        // EventIdx is 0 at first: the first command is told of.
        rig.Start(1);
        Assert.Equal(1u, rig.TailDoorbell);
        rig.TailEventIndex = 6;
        for (ulong lba = 2; lba < 7; lba++)
            rig.Start(lba);
        Assert.Equal((1u, 6u), (rig.TailDoorbell, rig.TailShadow));
        rig.Start(7);
        Assert.Equal((7u, 7u), (rig.TailDoorbell, rig.TailShadow));
    }
}
