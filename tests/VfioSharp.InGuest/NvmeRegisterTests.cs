using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>The registers of QEMU's NVMe controller read the same whichever way they are reached (NVM Express Base 2.0, 3.1.3).</summary>
public sealed class NvmeRegisterTests
{
    private const ulong Capabilities = NvmeAdminQueue.Capabilities;
    private const ulong Version = NvmeAdminQueue.Version;
    private const ulong AdminQueueAttributes = NvmeAdminQueue.AdminQueueAttributes;
    private const ulong AdminSubmissionQueue = NvmeAdminQueue.AdminSubmissionQueue;

    [Fact]
    public void Capabilities_and_version_read_the_same_by_the_fastest_path_and_the_region_file()
    {
        using var device = Guest.Open("nvme");
        using var mapped = device.Regions[RegionIndex.Bar0].Open();
        using var file = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = AccessPath.RegionFile });
        Assert.Equal(Guest.FastestPath, mapped.Plan.Path);
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
        mapped.Write64(AdminSubmissionQueue, 0x0123_4567_89ab_c000);
        Assert.Equal(0x0123_4567_89ab_c000u, file.Read64(AdminSubmissionQueue));
        Assert.Equal(0x0123_4567u, mapped.Read32(AdminSubmissionQueue + 4));
    }

    // The kernel gives a page of a mapping to a process at the first access, which on IBM Z is one by a system call.
    [Fact]
    public void The_first_access_to_each_page_answers_like_the_region_file()
    {
        using var device = Guest.Open("nvme");
        using var file = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = AccessPath.RegionFile });
        using var mapped = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        // Registers and doorbells. The pages behind them hold the MSI-X table, which the region file hides.
        foreach (var page in (ulong[])[0, NvmeAdminQueue.PageInBytes])
            Assert.Equal(file.Read32(page + 8), mapped.Read32(page + 8));

        // A mapping of its own, whose first access is a write.
        using var written = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        written.Write32(AdminQueueAttributes, 0x0005_0003);
        Assert.Equal(0x0005_0003u, file.Read32(AdminQueueAttributes));
    }

    [Fact]
    public void Every_byte_of_the_registers_reads_the_same_by_the_region_file()
    {
        using var device = Guest.Open("nvme");
        using var mapped = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        using var file = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = AccessPath.RegionFile, OnFault = OnFault.Throw });
        var (fast, slow) = (new byte[64], new byte[64]);
        foreach (var width in (int[])[1, 2, 4, 8])
        {
            mapped.ReadBlock(0, fast, width);
            file.ReadBlock(0, slow, width);
            Assert.Equal(slow, fast);
        }
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
