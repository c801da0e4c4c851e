using System.Buffers.Binary;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>
/// PCILGI and PCISTGI in every width next to pread and pwrite, on memory of a device that keeps what is written. The judges are the kernel, whose
/// pread reaches the same bytes by its own instructions, and QEMU's NVMe controller. Explicit: see <see cref="MioGuest"/>.
/// </summary>
public sealed class MioAccessTests
{
    private const int Accesses = 10_000;
    private const int PageInBytes = 4096;
    private const int AreaInBytes = 2 * PageInBytes;
    private static readonly int[] Widths = [1, 2, 4, 8];

    [Fact(Explicit = true)]
    public void Ten_thousand_loads_of_each_width_read_what_pread_reads()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var mapped = MioGuest.OpenMemory(device);
        using var file = MioGuest.OpenMemory(device, AccessPath.RegionFile);
        Assert.Equal(AccessPath.MioInstruction, mapped.Plan.Path);
        var random = new Random(1);
        var content = new byte[AreaInBytes];
        random.NextBytes(content);
        file.WriteBlock(0, content, sizeof(uint));

        foreach (var width in Widths)
        {
            for (var i = 0; i < Accesses; i++)
            {
                var offset = (ulong)(random.Next(AreaInBytes / width) * width);
                var expected = RegisterAccess.Read(file, offset, width);
                var value = RegisterAccess.Read(mapped, offset, width);
                if (value != expected)
                    Assert.Fail($"access {i} of {width} bytes at 0x{offset:x}: 0x{value:x} by instruction, 0x{expected:x} by pread");
            }
        }

        Assert.Equal(0, mapped.FaultCount);
    }

    [Fact(Explicit = true)]
    public void Ten_thousand_stores_of_each_width_leave_what_pread_then_reads()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var mapped = MioGuest.OpenMemory(device);
        using var file = MioGuest.OpenMemory(device, AccessPath.RegionFile);
        var random = new Random(2);
        var expected = new byte[AreaInBytes];
        file.WriteBlock(0, expected, sizeof(uint));
        var value = new byte[sizeof(ulong)];

        foreach (var width in Widths)
        {
            for (var i = 0; i < Accesses; i++)
            {
                var offset = random.Next(AreaInBytes / width) * width;
                random.NextBytes(value);
                value.AsSpan(0, width).CopyTo(expected.AsSpan(offset));
                RegisterAccess.Write(mapped, (ulong)offset, BinaryPrimitives.ReadUInt64LittleEndian(value), width);
            }

            Assert.Equal(expected, MioGuest.Bytes(file, 0, AreaInBytes));
        }

        Assert.Equal(0, mapped.FaultCount);
    }

    [Fact(Explicit = true)]
    public void A_store_changes_its_own_bytes_and_none_beside_them()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var mapped = MioGuest.OpenMemory(device);
        using var file = MioGuest.OpenMemory(device, AccessPath.RegionFile);
        foreach (var width in Widths)
        {
            for (var at = 0; at < 16; at += width)
            {
                file.WriteBlock(0, new byte[16], sizeof(uint));
                RegisterAccess.Write(mapped, (ulong)at, ulong.MaxValue, width);
                Assert.Equal(
                    Enumerable.Range(0, 16).Select(place => place >= at && place < at + width ? (byte)0xff : (byte)0), MioGuest.Bytes(file, 0, 16));
            }
        }
    }

    // The kernel gives a page of the mapping to the process when the instruction faults for the first time (vfio_pci_mmap_huge_fault).
    [Fact(Explicit = true)]
    public void The_first_access_to_a_page_may_be_any_instruction()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var file = MioGuest.OpenMemory(device, AccessPath.RegionFile);
        var block = new byte[32];
        for (var page = 0; page < 9; page++)
        {
            var offset = (ulong)(page * PageInBytes);
            var value = 0x0123_4567_89ab_cd00ul + (ulong)page;
            file.WriteBlock(offset, new byte[32], sizeof(uint));
            // A mapping of its own each time, in which nothing was touched.
            using var window = MioGuest.OpenMemory(device);
            var width = Widths[page % 4];
            switch (page)
            {
                case < 4:
                    Assert.Equal(RegisterAccess.Read(file, offset, width), RegisterAccess.Read(window, offset, width));
                    break;
                case < 8:
                    RegisterAccess.Write(window, offset, value, width);
                    Assert.Equal(value & MioGuest.AllOnes(width), RegisterAccess.Read(file, offset, width));
                    break;
                default:
                    new Random(page).NextBytes(block);
                    window.WriteBlock(offset, block.AsSpan());
                    Assert.Equal(block, MioGuest.Bytes(file, offset, block.Length));
                    break;
            }

            Assert.Equal(0, window.FaultCount);
        }
    }

    [Fact(Explicit = true)]
    public void Several_threads_have_a_page_each_and_none_sees_anothers_values()
    {
        const int Threads = 4, Turns = 2000;
        using var device = Guest.Open(MioGuest.Memory);
        using var window = MioGuest.OpenMemory(device);
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            var random = new Random(thread);
            for (var turn = 0; turn < Turns; turn++)
            {
                var offset = (ulong)(thread * PageInBytes + random.Next(PageInBytes / 8) * 8);
                var value = (ulong)random.Next() << 32 | (uint)turn;
                window.Write64(offset, value);
                Assert.Equal(value, window.Read64(offset));
            }
        });
    }
}
