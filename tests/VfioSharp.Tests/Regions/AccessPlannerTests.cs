using FsCheck.Xunit;
using VfioSharp.Backends;
using VfioSharp.Regions;

namespace VfioSharp.Tests.Regions;

public sealed class AccessPlannerTests
{
    private const ulong Page = 4096;

    private static readonly DeviceHost Guarded = new("x86_64", "7.2.13", Page, false, null, null, null, null);

    [Fact]
    public void A_BAR_that_can_be_mapped_is_reached_by_load_and_store_and_nothing_is_faster()
    {
        var plan = AccessPlanner.Choose(Ask(Bar(0x4000)));
        Assert.Equal(AccessPath.LoadStore, plan.Path);
        Assert.Empty(plan.RuledOut);
        Assert.True(plan.IsFaultGuarded);
    }

    [Fact]
    public void Without_machine_code_the_plan_says_that_faults_are_not_guarded()
    {
        var plan = AccessPlanner.Choose(Ask(Bar(0x4000)) with { Host = Guarded with { GuardObstacle = "No executable page may be made." } });
        Assert.Equal(AccessPath.LoadStore, plan.Path);
        Assert.False(plan.IsFaultGuarded);
        Assert.Contains("No executable page may be made.", plan.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RegionIndex.Config)]
    [InlineData(RegionIndex.Rom)]
    [InlineData(RegionIndex.Vga)]
    public void Regions_that_are_no_BAR_go_through_the_file(RegionIndex index) =>
        AssertFile(Ask(Bar(0x1000) with { Index = (int)index }), "device's file");

    [Fact]
    public void A_BAR_of_ports_is_told_as_such() =>
        AssertFile(Ask(Bar(0x20, RegionFlags.Read | RegionFlags.Write)) with { IsPorts = true }, "I/O ports");

    [Fact]
    public void A_BAR_smaller_than_a_page_that_shares_it_is_told_as_such() =>
        AssertFile(Ask(Bar(0x100, RegionFlags.Read | RegionFlags.Write)), "shares its page");

    [Fact]
    public void A_region_without_the_flag_is_told_as_such() =>
        AssertFile(Ask(Bar(0x4000, RegionFlags.Read | RegionFlags.Write)), "no MMAP flag");

    [Fact]
    public void A_window_inside_a_sparse_area_is_mapped_and_one_that_leaves_it_is_not()
    {
        var sparse = Bar(0x4000) with { SparseAreas = [new RegionArea(0x1000, 0x2000)] };
        Assert.Equal(AccessPath.LoadStore, AccessPlanner.Choose(Ask(sparse, 0x1004, 0x100)).Path);
        AssertFile(Ask(sparse, 0x0ffc, 0x10), "0x1000 to 0x2fff");
        AssertFile(Ask(sparse), "0x1000 to 0x2fff");
    }

    [Fact]
    public void Each_faster_path_is_ruled_out_in_order()
    {
        var plan = AccessPlanner.Choose(Ask(Bar(0x4000, RegionFlags.Read)));
        Assert.Equal([AccessPath.LoadStore, AccessPath.MioInstruction, AccessPath.MmioSyscall], plan.RuledOut.Select(ruled => ruled.Path));
        Assert.All(plan.RuledOut, ruled => Assert.EndsWith(".", ruled.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_path_that_is_asked_for_is_taken_where_it_is_possible()
    {
        var plan = AccessPlanner.Force(Ask(Bar(0x4000)), AccessPath.RegionFile, "0000:01:00.0");
        Assert.Equal(AccessPath.RegionFile, plan.Path);
        Assert.Contains("asked for", plan.RuledOut[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AccessPath.MioInstruction)]
    [InlineData(AccessPath.MmioSyscall)]
    [InlineData(AccessPath.Message)]
    [InlineData(AccessPath.Unreachable)]
    public void A_path_that_is_asked_for_and_not_possible_is_refused_with_the_reason(AccessPath path)
    {
        var exception = Assert.Throws<VfioException>(() => AccessPlanner.Force(Ask(Bar(0x4000)), path, "0000:01:00.0"));
        Assert.NotNull(exception.Advice);
    }

    [Fact]
    public void A_refusal_of_the_kernel_is_kept_in_the_plan()
    {
        var plan = AccessPlanner.AfterRefusal(Ask(Bar(0x4000)), new VfioException("map", null, Errno.ENOMEM));
        Assert.Equal(AccessPath.RegionFile, plan.Path);
        Assert.Contains("ENOMEM", plan.RuledOut[0].Reason, StringComparison.Ordinal);
    }

    [Property]
    public void Pages_cover_the_window_and_no_page_more(uint offset, ushort length)
    {
        var window = new RegionArea(offset, length + 1ul);
        var pages = AccessPlanner.RoundToPages(window, Page);
        Assert.True(pages.Contains(window.Offset, window.LengthInBytes));
        Assert.Equal(0ul, pages.Offset % Page);
        Assert.Equal(0ul, pages.LengthInBytes % Page);
        Assert.True(window.Offset - pages.Offset < Page);
        Assert.True(pages.LengthInBytes - window.LengthInBytes < 2 * Page);
    }

    private static void AssertFile(AccessQuestion question, string reason)
    {
        var plan = AccessPlanner.Choose(question);
        Assert.Equal(AccessPath.RegionFile, plan.Path);
        Assert.Contains(reason, plan.RuledOut[0].Reason, StringComparison.Ordinal);
    }

    private static RegionDescription Bar(ulong size, RegionFlags flags = RegionFlags.Read | RegionFlags.Write | RegionFlags.Mmap) =>
        new(0, flags, size, 0, [], null, false, []);

    private static AccessQuestion Ask(RegionDescription region, ulong offset = 0, ulong? length = null) => new(
        region, "BAR0", new RegionArea(offset, length ?? region.SizeInBytes), IsPorts: false, AccessPath.RegionFile, Guarded);
}
