using VfioSharp.Backends;
using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>
/// The MMIO system calls of a kernel that makes MIO instructions of them: their results are others than without MIO. Explicit: see
/// <see cref="MioGuest"/>.
/// </summary>
public sealed unsafe class MioSyscallTests
{
    private const int Accesses = 1000;
    private const int PageInBytes = 4096;
    private static readonly WindowOptions AllOnes = new() { Path = AccessPath.MmioSyscall };
    private static readonly WindowOptions Throwing = AllOnes with { OnFault = OnFault.Throw };

    [Fact(Explicit = true)]
    public void They_read_and_write_what_instructions_read_and_write()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var called = MioGuest.OpenMemory(device, AccessPath.MmioSyscall);
        using var mapped = MioGuest.OpenMemory(device);
        Assert.Equal((AccessPath.MmioSyscall, AccessPath.MioInstruction), (called.Plan.Path, mapped.Plan.Path));
        var random = new Random(3);
        foreach (var width in (int[])[1, 2, 4, 8])
        {
            for (var i = 0; i < Accesses; i++)
            {
                var offset = (ulong)(random.Next(PageInBytes / width) * width);
                var value = (ulong)random.Next() * 0x1_0000_0001 & MioGuest.AllOnes(width);
                RegisterAccess.Write(called, offset, value, width);
                Assert.Equal(value, RegisterAccess.Read(mapped, offset, width));
                RegisterAccess.Write(mapped, offset, ~value, width);
                Assert.Equal(~value & MioGuest.AllOnes(width), RegisterAccess.Read(called, offset, width));
            }
        }

        Assert.Equal((0L, 0L), (called.FaultCount, mapped.FaultCount));
    }

    [Fact(Explicit = true)]
    public void With_memory_decoding_off_they_end_with_ENXIO()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var window = device.Regions[RegionIndex.Bar2].Open(AllOnes);
        using var throwing = device.Regions[RegionIndex.Bar2].Open(Throwing);
        window.Write32(0, 0x1234_5678);
        device.Config.DisableMemory();
        for (var i = 0; i < Accesses; i++)
            Assert.Equal(uint.MaxValue, window.Read32(0));
        window.Write32(0, 0);
        Assert.Equal(Accesses + 1, window.FaultCount);
        var failed = Assert.Throws<DeviceAccessException>(() => throwing.Read64(0));
        Assert.Equal(Errno.ENXIO, failed.Errno);
        Assert.Contains("memory decoding is off", failed.Message, StringComparison.Ordinal);
        device.Config.EnableMemory();
        Assert.Equal(0x1234_5678u, window.Read32(0));
    }

    [Fact(Explicit = true)]
    public void Condition_codes_are_passed_on_without_their_status_and_exceptions_are_ENXIO()
    {
        using var device = Guest.Open(MioGuest.Faulty);
        using var window = device.Regions[RegionIndex.Bar0].Open(Throwing);
        AccessOutcome[] expected =
        [
            AccessOutcome.OfConditionCode(1), AccessOutcome.OfConditionCode(2), AccessOutcome.OfConditionCode(3),
            AccessOutcome.OfErrno(Errno.ENXIO), AccessOutcome.OfErrno(Errno.ENXIO),
        ];
        for (var i = 0; i < expected.Length; i++)
        {
            var offset = MioGuest.FirstFaulty + (ulong)i * 8;
            Assert.Equal(expected[i], Assert.Throws<DeviceAccessException>(() => window.Read32(offset)).Outcome);
            Assert.Equal(expected[i], Assert.Throws<DeviceAccessException>(() => window.Write32(offset, 0)).Outcome);
            Assert.Equal(expected[i], Assert.Throws<DeviceAccessException>(() => window.WriteBlock(offset, new byte[16])).Outcome);
        }

        Assert.Equal(0x0001_0400u, window.Read32(NvmeAdminQueue.Version) & 0xffff_ff00);
    }

    // pci_mmio.c, __memcpy_fromio_inuser, of 7.2: the condition code that a faulting store of the result leaves behind is passed on as if it were the
    // instruction's, but for the last byte. No address but the program's own buffers ever comes here through a window.
    [Fact(Explicit = true)]
    public void A_result_that_cannot_be_stored_ends_with_2_and_that_of_one_byte_with_EFAULT()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var mapping = device.Regions.Backend.MapRegion(device.Regions[RegionIndex.Bar2].Description, 0, PageInBytes, MappingAccess.ReadWrite);
        var buffer = Libc.mmap(null, PageInBytes, Libc.PROT_READ, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        Assert.True(buffer != Libc.MapFailed);
        var syscalls = DeviceHost.Local.Syscalls!;
        foreach (var length in (int[])[2, 4, 8])
            Assert.Equal(AccessOutcome.OfConditionCode(2), syscalls.Read(mapping.Address, new Span<byte>(buffer, length)));
        Assert.Equal(AccessOutcome.OfErrno(Errno.EFAULT), syscalls.Read(mapping.Address, new Span<byte>(buffer, 1)));
        Assert.Equal(0, Libc.munmap(buffer, PageInBytes));
    }

    [Fact(Explicit = true)]
    public void Where_no_BAR_is_mapped_and_where_the_length_is_none_they_end_with_their_own_numbers()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var mapping = device.Regions.Backend.MapRegion(device.Regions[RegionIndex.Bar2].Description, 0, PageInBytes, MappingAccess.Read);
        var syscalls = DeviceHost.Local.Syscalls!;
        var bytes = new byte[2 * PageInBytes];
        foreach (var address in (nuint[])[0, (nuint)1 << 62])
        {
            Assert.Equal(AccessOutcome.OfErrno(Errno.ENXIO), syscalls.Read(address, bytes.AsSpan(0, 4)));
            Assert.Equal(AccessOutcome.OfErrno(Errno.ENXIO), syscalls.Write(address, bytes.AsSpan(0, 4)));
        }

        Assert.Equal(AccessOutcome.OfErrno(Errno.ENXIO), syscalls.Write(mapping.Address, bytes.AsSpan(0, 4)));
        Assert.Equal(AccessOutcome.OfErrno(Errno.EINVAL), syscalls.Read(mapping.Address, bytes.AsSpan(0, 0)));
        Assert.Equal(AccessOutcome.OfErrno(Errno.EINVAL), syscalls.Read(mapping.Address, bytes.AsSpan(0, PageInBytes + 1)));
        Assert.True(syscalls.Read(mapping.Address, bytes.AsSpan(0, 4)).IsDone);
    }
}
