using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>Which path the library takes on a real kernel that uses MIO instructions, and why. Explicit: see <see cref="MioGuest"/>.</summary>
public sealed class MioPlanTests
{
    [Fact(Explicit = true)]
    public void A_BAR_is_reached_by_guarded_instructions_and_loads_and_stores_are_ruled_out()
    {
        using var device = Guest.Open("nvme");
        var plan = device.Regions[RegionIndex.Bar0].Plan();
        Assert.Equal(AccessPath.MioInstruction, plan.Path);
        Assert.True(plan.IsFaultGuarded);
        Assert.Contains("MIO instructions", plan.Reason, StringComparison.Ordinal);
        Assert.Equal([AccessPath.LoadStore], plan.RuledOut.Select(ruledOut => ruledOut.Path));
    }

    [Fact(Explicit = true)]
    public void Each_slower_path_opens_where_it_is_asked_for_and_reads_the_same()
    {
        using var device = Guest.Open("nvme");
        var bar = device.Regions[RegionIndex.Bar0];
        var versions = new List<uint>();
        foreach (var path in (AccessPath[])[AccessPath.MioInstruction, AccessPath.MmioSyscall, AccessPath.RegionFile])
        {
            using var window = bar.Open(new WindowOptions { Path = path, OnFault = OnFault.Throw });
            Assert.Equal(path, window.Plan.Path);
            versions.Add(window.Read32(NvmeAdminQueue.Version));
        }

        Assert.All(versions, version => Assert.Equal(0x0001_0400u, version & 0xffff_ff00));
        Assert.Single(versions.Distinct());
        Assert.Throws<VfioException>(() => bar.Open(new WindowOptions { Path = AccessPath.LoadStore }));
    }

    [Fact(Explicit = true)]
    public void Who_prefers_system_calls_gets_them()
    {
        using var device = Guest.Open("nvme", new VfioOptions { PreferMmioSyscalls = true });
        using var window = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        Assert.Equal(AccessPath.MmioSyscall, window.Plan.Path);
        Assert.Contains(
            window.Plan.RuledOut, path => path.Path == AccessPath.MioInstruction && path.Reason.Contains("preferred", StringComparison.Ordinal));
        Assert.Equal(0x0001_0400u, window.Read32(NvmeAdminQueue.Version) & 0xffff_ff00);
    }

    // What vfio-pci would do instead is read all ones without an error.
    [Fact(Explicit = true)]
    public void A_function_without_MIO_addresses_is_unreachable_and_the_reason_says_why()
    {
        using var device = Guest.Open(MioGuest.Lost);
        var bar = device.Regions[RegionIndex.Bar0];
        var plan = bar.Plan();
        Assert.Equal(AccessPath.Unreachable, plan.Path);
        Assert.Contains("mio_enabled is 0", plan.Reason, StringComparison.Ordinal);
        Assert.Contains("pci=nomio", plan.Reason, StringComparison.Ordinal);
        Assert.Equal(
            [AccessPath.LoadStore, AccessPath.MioInstruction, AccessPath.MmioSyscall, AccessPath.RegionFile],
            plan.RuledOut.Select(ruledOut => ruledOut.Path));
        Assert.Contains("mio_enabled is 0", Assert.Throws<VfioException>(() => bar.Open()).Message, StringComparison.Ordinal);
        foreach (var path in plan.RuledOut)
            Assert.Throws<VfioException>(() => bar.Open(new WindowOptions { Path = path.Path }));

        // Configuration space is no BAR, and works.
        Assert.Equal(0x1b36, device.Config.VendorId);
        Assert.Equal(AccessPath.RegionFile, device.Regions[RegionIndex.Config].Plan().Path);
    }
}
