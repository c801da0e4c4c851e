using System.Runtime.CompilerServices;
using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Tests.Regions;

namespace VfioSharp.Tests.Mmio;

public sealed unsafe class DeviceMappingTests : IDisposable
{
    private readonly SharedMemory _memory = new();

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Disposal_takes_the_pages_at_once_and_keeps_the_addresses()
    {
        var mapping = _memory.Map();
        var address = (ulong)mapping.Address;
        Assert.Contains("memfd:bar", MapsEntry(address));

        mapping.Dispose();

        Assert.True(mapping.IsDisposed);
        Assert.Contains("---p", MapsEntry(address));
        Assert.DoesNotContain("memfd:bar", MapsEntry(address));
        GC.KeepAlive(mapping);
    }

    [Fact]
    public void Disposing_twice_does_nothing()
    {
        var mapping = _memory.Map();
        mapping.Dispose();
        mapping.Dispose();
        Assert.True(mapping.IsDisposed);
    }

    [Fact]
    public void Collection_gives_back_the_addresses_of_a_disposed_mapping_and_of_a_forgotten_one()
    {
        // A mapping that is only forgotten is unmapped as well, though later than its owner would like.
        var disposed = MapAndForget(dispose: true);
        var forgotten = MapAndForget(dispose: false);
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.DoesNotContain("---p", MapsEntry(disposed));
        Assert.DoesNotContain("memfd:forgotten", MapsEntry(forgotten));
    }

    [Fact]
    public void A_mapping_that_the_kernel_refuses_says_why()
    {
        // An eventfd has no mmap.
        using var file = Libc.eventfd(0, Libc.EFD_CLOEXEC);
        Assert.Null(PageMapping.TryMap(file, 0, 4096, MappingAccess.ReadWrite, out var errno));
        Assert.Equal(Errno.ENODEV, errno);
    }

    [Fact]
    public void Ten_thousand_mappings_leave_none_behind_even_before_a_collection()
    {
        using var memory = new SharedMemory(name: "cycled");
        var before = File.ReadLines("/proc/self/maps").Count();
        for (var i = 0; i < 10_000; i++)
            memory.Map().Dispose();

        // Reservations side by side are one entry for the kernel. Other tests, too, map and unmap meanwhile.
        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.Contains("memfd:cycled", StringComparison.Ordinal));
        Assert.InRange(File.ReadLines("/proc/self/maps").Count() - before, int.MinValue, 1000);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong MapAndForget(bool dispose)
    {
        using var memory = new SharedMemory(name: "forgotten");
        var mapping = memory.Map();
        var address = (ulong)mapping.Address;
        if (dispose)
            mapping.Dispose();
        return address;
    }

    /// <summary>The line of /proc/self/maps that covers an address; empty where nothing is mapped.</summary>
    private static string MapsEntry(ulong address) => File.ReadLines("/proc/self/maps").FirstOrDefault(line =>
    {
        var range = line.Split(' ')[0].Split('-');
        return Convert.ToUInt64(range[0], 16) <= address && address < Convert.ToUInt64(range[1], 16);
    }) ?? string.Empty;
}
