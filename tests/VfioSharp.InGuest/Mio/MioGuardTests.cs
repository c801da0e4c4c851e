using System.Runtime.InteropServices;
using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>
/// The instructions at addresses where they may not go: a signal that the kernel raises is the access's outcome and nothing more. Explicit: see
/// <see cref="MioGuest"/>.
/// </summary>
public sealed class MioGuardTests
{
    private const int PageInBytes = 4096;
    private const ulong Offset = 0x40;
    private static readonly int[] Widths = [1, 2, 4, 8];

    [Fact(Explicit = true)]
    public unsafe void Where_nothing_is_mapped_every_instruction_ends_with_SIGSEGV()
    {
        var unmapped = Map(Libc.PROT_READ | Libc.PROT_WRITE);
        Assert.Equal(0, Libc.munmap((void*)unmapped, PageInBytes));
        foreach (var address in (nuint[])[unmapped, 0, (nuint)1 << 62])
            AssertEach(address, AccessOutcome.OfSignal(Libc.SIGSEGV));
    }

    [Fact(Explicit = true)]
    public void Where_a_window_was_closed_every_instruction_ends_with_SIGSEGV()
    {
        using var device = Guest.Open(MioGuest.Memory);
        var mapping = MapMemory(device, MappingAccess.ReadWrite);
        var address = mapping.Address;
        Assert.True(MioGuest.Instructions.Load(address, 4, out _).IsDone);
        mapping.Dispose();
        AssertEach(address, AccessOutcome.OfSignal(Libc.SIGSEGV));
        GC.KeepAlive(mapping);
    }

    [Fact(Explicit = true)]
    public void A_mapping_for_reading_is_read_and_a_store_there_ends_with_SIGSEGV_and_stores_nothing()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var file = MioGuest.OpenMemory(device, AccessPath.RegionFile);
        file.WriteBlock(Offset, new byte[16], sizeof(uint));
        using var mapping = MapMemory(device, MappingAccess.Read);
        var instructions = MioGuest.Instructions;
        Span<ulong> block = stackalloc ulong[2];
        foreach (var width in Widths)
        {
            // Before the page was touched, and after.
            Assert.Equal(AccessOutcome.OfSignal(Libc.SIGSEGV), instructions.Store(mapping.Address + (nuint)Offset, width, ulong.MaxValue));
            Assert.Equal(AccessOutcome.Done, instructions.Load(mapping.Address + (nuint)Offset, width, out var value));
            Assert.Equal(0ul, value);
        }

        block.Fill(ulong.MaxValue);
        Assert.Equal(AccessOutcome.OfSignal(Libc.SIGSEGV), instructions.StoreBlock(mapping.Address + (nuint)Offset, MemoryMarshal.AsBytes(block)));
        Assert.Equal(new byte[16], MioGuest.Bytes(file, Offset, 16));
    }

    [Fact(Explicit = true)]
    public unsafe void A_block_whose_source_is_not_there_ends_with_SIGSEGV_and_stores_nothing()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var file = MioGuest.OpenMemory(device, AccessPath.RegionFile);
        using var mapping = MapMemory(device, MappingAccess.ReadWrite);
        file.WriteBlock(Offset, new byte[32], sizeof(uint));
        var source = Map(Libc.PROT_NONE);
        Assert.Equal(
            AccessOutcome.OfSignal(Libc.SIGSEGV), MioGuest.Instructions.StoreBlock(mapping.Address + (nuint)Offset, new ReadOnlySpan<byte>((void*)source, 32)));
        Assert.Equal(new byte[32], MioGuest.Bytes(file, Offset, 32));
        Assert.Equal(0, Libc.munmap((void*)source, PageInBytes));
    }

    // Which signal is the machine's affair; that it is recovered is ours.
    [Fact(Explicit = true)]
    public unsafe void On_ordinary_memory_whatever_is_raised_is_recovered_and_the_memory_stays_as_it_is()
    {
        var memory = Map(Libc.PROT_READ | Libc.PROT_WRITE);
        *(ulong*)memory = 0x0123_4567_89ab_cdef;
        foreach (var width in Widths)
        {
            Assert.Equal(AccessFaultKind.Signal, MioGuest.Instructions.Load(memory, width, out _).Kind);
            Assert.Equal(AccessFaultKind.Signal, MioGuest.Instructions.Store(memory, width, 0).Kind);
        }

        Assert.Equal(0x0123_4567_89ab_cdefu, *(ulong*)memory);
        Assert.Equal(0, Libc.munmap((void*)memory, PageInBytes));
    }

    // Mono makes an exception of the signal that a null reference raises: its handler still gets what is not ours.
    [Fact(Explicit = true)]
    public void A_null_reference_is_still_an_exception_after_recovered_faults()
    {
        AssertEach(0, AccessOutcome.OfSignal(Libc.SIGSEGV));
        for (var i = 0; i < 10; i++)
            Assert.Throws<NullReferenceException>(() => Nothing()!.Length);
    }

    [Fact(Explicit = true)]
    public async Task A_window_closed_under_a_reading_thread_answers_that_it_is_closed()
    {
        using var device = Guest.Open(MioGuest.Memory);
        for (var i = 0; i < 10; i++)
        {
            var window = device.Regions[RegionIndex.Bar2].Open();
            window.Write32(0, 5);
            using var isReading = new ManualResetEventSlim();
            var reader = Task.Run(() =>
            {
                while (true)
                {
                    Assert.Equal(5u, window.Read32(0));
                    isReading.Set();
                }
            });
            isReading.Wait();
            window.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => reader);
        }
    }

    private static string? Nothing() => null;

    private static unsafe void AssertEach(nuint address, AccessOutcome expected)
    {
        Span<byte> block = stackalloc byte[16];
        foreach (var width in Widths)
        {
            Assert.Equal(expected, MioGuest.Instructions.Load(address, width, out _));
            Assert.Equal(expected, MioGuest.Instructions.Store(address, width, 0));
        }

        block.Clear();
        fixed (byte* start = block)
            Assert.Equal(expected, MioGuest.Instructions.StoreBlock(address, new ReadOnlySpan<byte>(start, 16)));
    }

    private static DeviceMapping MapMemory(VfioDevice device, MappingAccess access) =>
        device.Regions.Backend.MapRegion(device.Regions[RegionIndex.Bar2].Description, 0, PageInBytes, access);

    private static unsafe nuint Map(int protection)
    {
        var memory = Libc.mmap(null, PageInBytes, protection, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        Assert.True(memory != Libc.MapFailed);
        return (nuint)memory;
    }
}
