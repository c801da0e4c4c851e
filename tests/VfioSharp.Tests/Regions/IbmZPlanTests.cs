using FsCheck.Xunit;
using VfioSharp.IbmZ;
using VfioSharp.Regions;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Regions;

/// <summary>The choice of a path on an IBM Z: by machine, kernel, function and driver.</summary>
public sealed class IbmZPlanTests
{
    private const RegionFlags ByFile = RegionFlags.Read | RegionFlags.Write;
    private const RegionFlags Mappable = ByFile | RegionFlags.Mmap;

    private static readonly IbmZHost Machine = new(4096);

    [Fact]
    public void With_MIO_on_machine_and_function_instructions_are_taken()
    {
        var plan = AccessPlanner.Choose(Ask(Mappable, hasMio: true, isMioEnabled: true));
        Assert.Equal(AccessPath.MioInstruction, plan.Path);
        Assert.Equal([AccessPath.LoadStore], plan.RuledOut.Select(ruled => ruled.Path));
        Assert.True(plan.IsFaultGuarded);
    }

    [Fact]
    public void System_calls_are_taken_where_they_are_preferred_to_instructions()
    {
        var plan = AccessPlanner.Choose(Ask(Mappable, hasMio: true, isMioEnabled: true) with { PrefersSyscalls = true });
        Assert.Equal(AccessPath.MmioSyscall, plan.Path);
        Assert.Contains("preferred", plan.RuledOut[1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_guarded_machine_code_system_calls_are_taken_and_the_reason_is_told()
    {
        var question = Ask(Mappable, hasMio: true, isMioEnabled: true);
        question = question with { Host = question.Host with { Instructions = null, GuardObstacle = "No executable page may be made." } };
        var plan = AccessPlanner.Choose(question);
        Assert.Equal(AccessPath.MmioSyscall, plan.Path);
        Assert.Equal("No executable page may be made.", plan.RuledOut[1].Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(null)]
    public void Without_MIO_a_BAR_that_can_be_mapped_is_reached_by_system_calls(bool? isMioEnabled)
    {
        var plan = AccessPlanner.Choose(Ask(Mappable, hasMio: false, isMioEnabled));
        Assert.Equal(AccessPath.MmioSyscall, plan.Path);
        Assert.Contains("AT_HWCAP", plan.RuledOut[1].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void A_kernel_before_6_15_maps_nothing_and_is_named(bool hasMio, bool isMioEnabled)
    {
        var plan = AccessPlanner.Choose(Ask(ByFile, hasMio, isMioEnabled, "6.12.107+deb13-s390x"));
        Assert.Equal(AccessPath.RegionFile, plan.Path);
        Assert.Contains("This kernel is 6.12.107+deb13-s390x; mapping BARs on IBM Z needs Linux 6.15.", plan.Reason, StringComparison.Ordinal);
        Assert.Equal("This kernel is 6.12.107+deb13-s390x; mapping BARs on IBM Z needs Linux 6.15.", plan.RuledOut[hasMio ? 1 : 2].Reason);
    }

    [Theory]
    [InlineData("6.15.0")]
    [InlineData("7.2.13")]
    [InlineData("")]
    [InlineData("no version")]
    public void A_kernel_that_maps_BARs_or_is_not_known_is_not_blamed(string kernel)
    {
        var plan = AccessPlanner.Choose(Ask(ByFile, hasMio: false, kernel: kernel));
        Assert.Equal(AccessPath.RegionFile, plan.Path);
        Assert.DoesNotContain("6.15", plan.Reason + plan.RuledOut[2].Reason, StringComparison.Ordinal);
        Assert.Contains("no MMAP flag", plan.RuledOut[2].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("6.12.107")]
    [InlineData("7.2.13")]
    public void An_ISM_device_is_not_mapped_by_design_whatever_the_kernel(string kernel)
    {
        var plan = AccessPlanner.Choose(Ask(ByFile, hasMio: false, kernel: kernel) with { IsIsm = true });
        Assert.Equal(AccessPath.RegionFile, plan.Path);
        Assert.Contains("by design", plan.RuledOut[2].Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("6.15", plan.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ISM_device_behind_vfio_pci_comes_with_the_driver_that_can_drive_it()
    {
        var reason = AccessPlanner.Choose(Ask(ByFile, hasMio: false) with { IsIsm = true }).Reason;
        Assert.Contains("ism_vfio_pci", reason, StringComparison.Ordinal);
        Assert.Contains("ENODEV", reason, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "ENODEV", AccessPlanner.Choose(Ask(ByFile, hasMio: false, index: (int)RegionIndex.Config) with { IsIsm = true }).Reason,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ByFile, false, "mio_enabled is 0")]
    [InlineData(Mappable, false, "mio_enabled is 0")]
    [InlineData(Mappable, null, "sysfs does not tell")]
    public void A_function_without_MIO_addresses_on_a_MIO_machine_is_out_of_reach_with_the_way_out(RegionFlags flags, bool? isMioEnabled, string why)
    {
        var question = Ask(flags, hasMio: true, isMioEnabled);
        var plan = AccessPlanner.Choose(question);
        Assert.Equal(AccessPath.Unreachable, plan.Path);
        Assert.Contains(why, plan.Reason, StringComparison.Ordinal);
        Assert.Contains("ism_vfio_pci", plan.Reason, StringComparison.Ordinal);
        Assert.Equal(
            [AccessPath.LoadStore, AccessPath.MioInstruction, AccessPath.MmioSyscall, AccessPath.RegionFile], plan.RuledOut.Select(ruled => ruled.Path));
        foreach (var path in Enum.GetValues<AccessPath>())
            Assert.Throws<VfioException>(() => AccessPlanner.Force(question, path, "0001:00:00.0"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void With_ism_vfio_pci_the_file_is_the_way_in_on_every_machine(bool hasMio)
    {
        var plan = AccessPlanner.Choose(Ask(ByFile, hasMio, isMioEnabled: false, driver: "ism_vfio_pci"));
        Assert.Equal(AccessPath.RegionFile, plan.Path);
        Assert.Contains("block stores only", plan.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_space_of_a_function_out_of_reach_is_within_reach() => Assert.Equal(
        AccessPath.RegionFile,
        AccessPlanner.Choose(Ask(ByFile, hasMio: true, isMioEnabled: false, index: (int)RegionIndex.Config)).Path);

    [Fact]
    public void The_kernels_refusal_to_map_ends_on_the_file()
    {
        var plan = AccessPlanner.AfterRefusal(Ask(Mappable, hasMio: false), new VfioException("map", null, Errno.EBUSY));
        Assert.Equal(AccessPath.RegionFile, plan.Path);
        Assert.Contains("EBUSY", plan.RuledOut[2].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_can_be_asked_for_where_a_faster_one_is_possible()
    {
        var question = Ask(Mappable, hasMio: true, isMioEnabled: true);
        Assert.Equal(AccessPath.MmioSyscall, AccessPlanner.Force(question, AccessPath.MmioSyscall, "0001:00:00.0").Path);
        Assert.Equal(AccessPath.RegionFile, AccessPlanner.Force(question, AccessPath.RegionFile, "0001:00:00.0").Path);
    }

    [Property]
    public void A_load_or_store_is_never_chosen_and_what_is_chosen_is_never_an_obstacle(
        bool hasMio, bool? isMioEnabled, bool isMappable, bool isIsm, bool isPreferred, bool byIsmDriver, byte index)
    {
        var driver = byIsmDriver ? "ism_vfio_pci" : "vfio-pci";
        var question = Ask(isMappable ? Mappable : ByFile, hasMio, isMioEnabled, driver: driver, index: index % 9);
        // A host that forgot to say so is an IBM Z all the same.
        var host = question.Host with { LoadStoreObstacle = null };
        question = question with { IsIsm = isIsm, PrefersSyscalls = isPreferred, Host = host };

        var plan = AccessPlanner.Choose(question);
        Assert.NotEqual(AccessPath.LoadStore, plan.Path);
        Assert.Throws<VfioException>(() => AccessPlanner.Force(question, AccessPath.LoadStore, "0001:00:00.0"));
        if (plan.Path != AccessPath.Unreachable)
            Assert.Equal(plan.Path, AccessPlanner.Force(question, plan.Path, "0001:00:00.0").Path);
        Assert.Equal(hasMio && isMioEnabled != true && !byIsmDriver && index % 9 < 6, plan.Path == AccessPath.Unreachable);
        Assert.All(plan.RuledOut, ruled => Assert.EndsWith(".", ruled.Reason, StringComparison.Ordinal));
    }

    private static AccessQuestion Ask(
        RegionFlags flags, bool hasMio, bool? isMioEnabled = false, string kernel = "7.2.13", string driver = "vfio-pci", int index = 0)
    {
        var region = new RegionDescription(index, flags, 0x4000, 0, [], null, false, []);
        return new AccessQuestion(region, "BAR0", new RegionArea(0, 0x4000), IsPorts: false, AccessPath.RegionFile, Machine.Describe(hasMio, kernel))
        {
            Zpci = new ZpciDescription { IsMioEnabled = isMioEnabled, Driver = driver },
        };
    }
}
