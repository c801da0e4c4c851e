using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>The registers of QEMU's NVMe controller read the same whichever way they are reached (NVM Express Base 2.0, 3.1.3).</summary>
public sealed class NvmeRegisterTests
{
    private const ulong Capabilities = 0x00;
    private const ulong Version = 0x08;
    private const ulong AdminQueueAttributes = 0x24;

    [Fact]
    public void Capabilities_and_version_read_the_same_by_LoadStore_and_RegionFile()
    {
        using var device = Guest.Open("nvme");
        using var mapped = device.Regions[RegionIndex.Bar0].Open();
        using var file = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = AccessPath.RegionFile });
        Assert.Equal(AccessPath.LoadStore, mapped.Plan.Path);
        Assert.Equal(AccessPath.RegionFile, file.Plan.Path);

        Assert.Equal(file.Read64(Capabilities), mapped.Read64(Capabilities));
        Assert.Equal(file.Read32(Version), mapped.Read32(Version));
        Assert.Equal(0x0001_0400u, mapped.Read32(Version) & 0xffff_ff00u);
        // MQES: the largest queue that QEMU offers has 2048 entries.
        Assert.Equal(2047u, (uint)(mapped.Read64(Capabilities) & 0xffff));
    }

    [Fact]
    public void What_one_path_writes_the_other_reads()
    {
        using var device = Guest.Open("nvme");
        using var mapped = device.Regions[RegionIndex.Bar0].Open();
        using var file = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = AccessPath.RegionFile });
        mapped.Write32(AdminQueueAttributes, 0x001f_000f);
        Assert.Equal(0x001f_000fu, file.Read32(AdminQueueAttributes));
        file.Write32(AdminQueueAttributes, 0x003f_0007);
        Assert.Equal(0x003f_0007u, mapped.Read32(AdminQueueAttributes));
    }

    [Fact]
    public void A_window_on_a_part_of_the_BAR_counts_from_its_own_start()
    {
        using var device = Guest.Open("nvme");
        using var whole = device.Regions[RegionIndex.Bar0].Open();
        using var part = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Offset = Version, LengthInBytes = 4 });
        Assert.Equal(whole.Read32(Version), part.Read32(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Read32(4));
    }

    [Fact]
    public void A_block_is_read_in_elements_of_the_width_that_is_asked_for()
    {
        using var device = Guest.Open("nvme");
        using var registers = device.Regions[RegionIndex.Bar0].Open();
        Span<byte> block = stackalloc byte[16];
        registers.ReadBlock(Capabilities, block, 4);
        Assert.Equal(registers.Read64(Capabilities), System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(block));
        Assert.Equal(registers.Read32(Version), System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(block[8..]));
    }
}
