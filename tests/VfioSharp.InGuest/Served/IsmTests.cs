using System.Buffers.Binary;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Served;

/// <summary>
/// The library drives an ISM device by block stores, through a real ism_vfio_pci. Explicit: it needs a guest to which one is served, as "stock"
/// and bound to that driver.
/// </summary>
public sealed class IsmTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact(Explicit = true)]
    public void Block_stores_reach_all_of_256_TiB()
    {
        using var ism = new IsmDevice("stock");
        Assert.Equal(AccessPath.RegionFile, ism.Moves.Plan.Path);
        Assert.Contains("ism_vfio_pci", ism.Moves.Plan.Reason, StringComparison.Ordinal);
        Assert.Equal(1ul << 48, ism.Moves.LengthInBytes);
        Assert.Equal(128, ism.Moves.LongestBlockStoreInBytes);

        var block = new byte[128];
        new Random(1).NextBytes(block);
        foreach (var (offset, length) in ((ulong, int)[])[(0, 16), ((1ul << 40) - 64, 64), (1ul << 40, 24), ((1ul << 41) + 0x1f80, 128), ((1ul << 48) - 16, 16)])
        {
            var before = ism.ReadNumber(IsmDevice.MovesNoted);
            ism.Moves.WriteBlock(offset, block.AsSpan(0, length));
            // QEMU makes writes of 8 bytes of a block store: the function tells of the last.
            Assert.Equal(before + (ulong)length / 8, ism.ReadNumber(IsmDevice.MovesNoted));
            Assert.Equal(offset + (ulong)length - 8, ism.ReadNumber(IsmDevice.MoveOffsetNoted));
            Assert.Equal(8ul, ism.ReadNumber(IsmDevice.MoveLengthNoted));
            Assert.Equal(block[(length - 8)..length], ism.Read(IsmDevice.MoveDataNoted, 8));
        }
    }

    [Fact(Explicit = true)]
    public void What_is_no_block_store_is_refused_and_nothing_arrives()
    {
        using var ism = new IsmDevice("stock");
        var before = ism.ReadNumber(IsmDevice.MovesNoted);
        Assert.ThrowsAny<Exception>(() => ism.Moves.Write64(1ul << 41, 1));
        Assert.ThrowsAny<Exception>(() => ism.Moves.WriteBlock(1ul << 41, new byte[8]));
        Assert.ThrowsAny<Exception>(() => ism.Moves.WriteBlock(1ul << 41, new byte[20]));
        Assert.ThrowsAny<Exception>(() => ism.Moves.WriteBlock((1ul << 41) + 4, new byte[16]));
        Assert.ThrowsAny<Exception>(() => ism.Moves.WriteBlock((1ul << 41) + 0xff8, new byte[16]));
        Assert.ThrowsAny<Exception>(() => ism.Moves.WriteBlock(1ul << 48, new byte[16]));
        Assert.Equal(before, ism.ReadNumber(IsmDevice.MovesNoted));
    }

    [Fact(Explicit = true)]
    public void What_is_moved_into_a_buffer_is_signalled()
    {
        // The function tells QEMU's machine by an MSI-X table, which a kernel that uses MIO instructions cannot write: the BAR has no MIO addresses.
        Assert.SkipWhen(Guest.HasMio, "an emulated ISM device has no interrupts on a machine with MIO instructions");
        using var ism = new IsmDevice("stock");
        using var vectors = ism.Device.Interrupts.Msix.Enable(1);
        MoveIntoBuffer(ism);
        Assert.True(vectors[0].Wait(Patience));
    }

    [Fact(Explicit = true)]
    public void What_is_moved_into_a_buffer_arrives_there_by_DMA()
    {
        using var ism = new IsmDevice("stock");
        MoveIntoBuffer(ism);
    }

    private static void MoveIntoBuffer(IsmDevice ism)
    {
        const ulong Signal = 1ul << 23;
        using var summary = new ReachableMemory(ism.Device, 8192);
        using var buffer = new ReachableMemory(ism.Device, 65536);
        Assert.NotEqual(0ul, ism.Command(IsmDevice.ReadGid));
        ism.Command(IsmDevice.RegisterSummaryArea, Number(summary.Address));
        var token = ism.Command(IsmDevice.RegisterBuffer, [.. Number(buffer.Address), 0, 1, 0, 0, 0, 0, 0, 5]);

        var block = new byte[64];
        new Random(2).NextBytes(block);
        ism.Move(token | 0x1200, block);
        ism.Move(token | Signal | 0x1240, block);

        // In the order of the stores; a function that has to ask for each access to memory answers commands meanwhile.
        Assert.True(SpinWait.SpinUntil(() => buffer.Span.Slice(0x1240, 64).SequenceEqual(block), Patience));
        Assert.True(buffer.Span.Slice(0x1200, 64).SequenceEqual(block));
        Assert.Equal(0, buffer.Span[0x11ff]);
        Assert.Equal(0, buffer.Span[0x1280]);
    }

    private static byte[] Number(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
