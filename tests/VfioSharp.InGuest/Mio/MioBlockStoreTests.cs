using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>PCISTBI, and the system call that the kernel makes one of. Explicit: see <see cref="MioGuest"/>.</summary>
public sealed class MioBlockStoreTests
{
    private const int PageInBytes = 4096;
    private static readonly AccessPath[] Paths = [AccessPath.MioInstruction, AccessPath.MmioSyscall];

    [Fact(Explicit = true)]
    public void Every_length_arrives_in_the_order_of_memory_and_nothing_beside_it_changes()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var file = MioGuest.OpenMemory(device, AccessPath.RegionFile);
        foreach (var path in Paths)
        {
            using var window = MioGuest.OpenMemory(device, path);
            Assert.Equal(128, window.LongestBlockStoreInBytes);
            for (var length = 16; length <= 128; length += 8)
            {
                const int Place = 0x1000 + 0x38;
                file.WriteBlock(Place - 8, new byte[144], sizeof(uint));
                // At an odd address of this process, too: the instruction wants its source aligned.
                var source = new byte[length + 1];
                new Random(length).NextBytes(source);

                window.WriteBlock(Place, source.AsSpan(1));

                Assert.Equal(
                    [.. new byte[8], .. source[1..], .. new byte[136 - length]], MioGuest.Bytes(file, Place - 8, 144));
            }

            Assert.Equal(0, window.FaultCount);
        }
    }

    [Fact(Explicit = true)]
    public void The_last_bytes_of_a_page_are_reached_and_a_block_that_crosses_its_end_is_refused()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var file = MioGuest.OpenMemory(device, AccessPath.RegionFile);
        foreach (var path in Paths)
        {
            using var window = MioGuest.OpenMemory(device, path);
            var block = new byte[128];
            new Random((int)path).NextBytes(block);
            window.WriteBlock(PageInBytes - 128, block.AsSpan());
            Assert.Equal(block, MioGuest.Bytes(file, PageInBytes - 128, 128));

            Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(PageInBytes - 64, new byte[128]));
            Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(4, new byte[16]));
            Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(0, new byte[136]));
            Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(0, new byte[20]));
            Assert.Equal(block, MioGuest.Bytes(file, PageInBytes - 128, 128));
        }
    }

    // The machine's five registers fail where an access begins: a loop of register stores would begin at each of them.
    [Fact(Explicit = true)]
    public void A_block_is_one_access_that_begins_at_its_first_byte()
    {
        using var device = Guest.Open(MioGuest.Faulty);
        foreach (var path in Paths)
        {
            using var window = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = path });
            window.WriteBlock(MioGuest.FirstFaulty - 8, new byte[64]);
            Assert.Equal(0, window.FaultCount);
            window.WriteBlock(MioGuest.FirstFaulty, new byte[64]);
            Assert.Equal(1, window.FaultCount);
        }
    }

    [Fact(Explicit = true)]
    public void Writes_are_flushed_by_the_barrier_and_the_device_has_them()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var window = MioGuest.OpenMemory(device);
        for (var i = 0ul; i < 100; i++)
        {
            window.Write64(i * 8, i);
            window.FlushWrites();
        }

        Assert.Equal(99ul, window.Read64(99 * 8));
    }
}
