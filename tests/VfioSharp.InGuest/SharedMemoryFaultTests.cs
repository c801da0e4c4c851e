using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>Memory that another process truncates under a window, as a vfio-user server can.</summary>
public sealed class SharedMemoryFaultTests
{
    private const int Accesses = 1000;

    [Fact]
    public void A_truncated_memfd_answers_all_ones_and_works_again_when_it_grows()
    {
        Assert.SkipUnless(MmioSupport.HasLoadStore, MmioSupport.Description);
        var length = Environment.SystemPageSize;
        using var file = Libc.memfd_create("window", Libc.MFD_CLOEXEC);
        Assert.Equal(0, Libc.ftruncate(file, length));
        var mapping = PageMapping.TryMap(file, 0, (ulong)length, MappingAccess.ReadWrite, out _)!;
        var plan = new AccessPlan(AccessPath.LoadStore, "Shared memory.", [], IsFaultGuarded: true);
        using var window = RegionWindow.OverMapping(
            new WindowDescription("memfd", "BAR0", new RegionArea(0, (ulong)length), RegionFlags.Read | RegionFlags.Write, plan, OnFault.AllOnes), mapping, 0);
        window.Write64(8, 0x0123_4567_89ab_cdef);

        Assert.Equal(0, Libc.ftruncate(file, 0));
        for (var i = 0; i < Accesses; i++)
            Assert.Equal(ulong.MaxValue, window.Read64(8));
        Assert.Equal(Accesses, window.FaultCount);

        Assert.Equal(0, Libc.ftruncate(file, length));
        Assert.Equal(0ul, window.Read64(8));
        window.Write64(8, 42);
        Assert.Equal(42ul, window.Read64(8));
        Assert.Equal(Accesses, window.FaultCount);
    }
}
