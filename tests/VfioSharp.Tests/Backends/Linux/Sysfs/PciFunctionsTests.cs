using VfioSharp.Backends.Linux;

namespace VfioSharp.Tests.Backends.Linux.Sysfs;

public sealed class PciFunctionsTests : IDisposable
{
    private readonly FakeSysfs _tree = new();
    private readonly PciFunctions _functions;

    public PciFunctionsTests() => _functions = new PciFunctions(_tree.Root);

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void A_machine_without_PCI_has_no_functions()
    {
        var functions = new PciFunctions(_tree.PathOf("nowhere"));

        Assert.False(functions.HasPci);
        Assert.Empty(functions.List());
        Assert.Null(functions.Find(DeviceAddress.Parse("0000:01:00.0")));
        Assert.Null(functions.FindGroup(0));
    }

    [Fact]
    public void Every_attribute_of_a_function_is_read()
    {
        _tree.AddFunction("0000:01:00.0", driver: "vfio-pci", group: 7);
        _tree.Set("bus/pci/devices/0000:01:00.0/numa_node", "1\n");
        _tree.Set("bus/pci/devices/0000:01:00.0/enable", "2\n");
        _tree.Set("bus/pci/devices/0000:01:00.0/reset_method", "flr bus\n");
        _tree.Set("bus/pci/devices/0000:01:00.0/driver_override", "vfio-pci\n");
        _tree.Set("bus/pci/devices/0000:01:00.0/vfio-dev/vfio3/dev", "511:3\n");
        _tree.Link("bus/pci/devices/0000:01:00.0/physfn", "bus/pci/devices/0000:02:00.0");

        var function = Assert.Single(_functions.List());

        Assert.Equal("0000:01:00.0", function.Address.Path);
        Assert.Equal((ushort?)0x1b36, function.VendorId);
        Assert.Equal((ushort?)0x0010, function.DeviceId);
        Assert.Equal((ushort?)0x1af4, function.SubsystemVendorId);
        Assert.Equal((ushort?)0x1100, function.SubsystemDeviceId);
        Assert.Equal(0x010802u, function.ClassCode);
        Assert.Equal((byte?)2, function.Revision);
        Assert.Equal("vfio-pci", function.DriverName);
        Assert.Equal("vfio-pci", function.DriverOverride);
        Assert.Equal(7, function.IommuGroup);
        Assert.Equal("vfio3", function.VfioDeviceName);
        Assert.True(function.HasVfioCharacterDevice);
        Assert.Equal("0000:02:00.0", function.PhysicalFunction?.Path);
        Assert.Equal(1, function.NumaNode);
        Assert.True(function.IsEnabled);
        Assert.Equal(["flr", "bus"], function.ResetMethods);
        Assert.Null(function.IsBootVga);
        Assert.True(function.IsBoundToVfio);
        Assert.True(function.HasMappableBar);
    }

    [Fact]
    public void Missing_and_senseless_attributes_are_null()
    {
        Directory.CreateDirectory(_tree.PathOf("bus/pci/devices/0000:01:00.0/vfio-dev/vfio3x"));
        _tree.Set("bus/pci/devices/0000:01:00.0/vendor", "0x12345\n");
        _tree.Set("bus/pci/devices/0000:01:00.0/device", "nonsense\n");
        _tree.Set("bus/pci/devices/0000:01:00.0/class", "0x01\u001b[31m\n");
        _tree.Set("bus/pci/devices/0000:01:00.0/revision", new string('0', 10_000));
        _tree.Set("bus/pci/devices/0000:01:00.0/numa_node", "-1\n");
        _tree.Set("bus/pci/devices/0000:01:00.0/resource", "0x1 0x0\n\n0xzz 0x0 0x0\n");
        _tree.Link("bus/pci/devices/0000:01:00.0/iommu_group", "kernel/iommu_groups/-4");

        var function = Assert.Single(_functions.List());

        Assert.Null(function.VendorId);
        Assert.Null(function.DeviceId);
        Assert.Null(function.SubsystemVendorId);
        Assert.Null(function.ClassCode);
        Assert.Null(function.Revision);
        Assert.Null(function.DriverName);
        Assert.Null(function.NumaNode);
        Assert.Null(function.IommuGroup);
        Assert.Null(function.VfioDeviceName);
        Assert.False(function.HasVfioCharacterDevice);
        Assert.Null(function.IsEnabled);
        Assert.Empty(function.Resources);
        Assert.False(function.IsBridge);
        Assert.False(function.HasMappableBar);
    }

    [Fact]
    public void Functions_come_in_order_of_their_addresses_and_other_names_are_left_out()
    {
        foreach (var address in new[] { "10000:00:00.0", "0001:00:00.0", "0000:0a:00.1", "0000:0a:00.0" })
            _tree.AddFunction(address);
        Directory.CreateDirectory(_tree.PathOf("bus/pci/devices/0000:0A:00.2"));
        Directory.CreateDirectory(_tree.PathOf("bus/pci/devices/vfio-user:x"));
        Directory.CreateDirectory(_tree.PathOf("bus/pci/devices/slot"));

        Assert.Equal(
            ["0000:0a:00.0", "0000:0a:00.1", "0001:00:00.0", "10000:00:00.0"],
            _functions.List().Select(function => function.Address.Path));
    }

    [Fact]
    public void A_function_whose_link_leads_nowhere_is_left_out()
    {
        _tree.AddFunction("0000:01:00.0");
        _tree.Link("bus/pci/devices/0000:02:00.0", "devices/gone");

        Assert.Equal("0000:01:00.0", Assert.Single(_functions.List()).Address.Path);
    }

    [Theory]
    [InlineData("vfio-pci", true)]
    [InlineData("mlx5_vfio_pci", true)]
    [InlineData("pci-stub", true)]
    [InlineData("pcieport", true)]
    [InlineData(null, true)]
    [InlineData("nvme", false)]
    public void A_group_is_viable_when_no_other_driver_holds_a_member(string? siblingDriver, bool expected)
    {
        _tree.AddFunction("0000:01:00.0", driver: "vfio-pci", group: 7);
        _tree.AddFunction("0000:01:00.1", driver: siblingDriver, group: 7);
        _tree.AddFunction("0000:02:00.0", driver: "e1000e", group: 8);

        var group = _functions.FindGroup(7);

        Assert.NotNull(group);
        Assert.Equal(["0000:01:00.0", "0000:01:00.1"], group.Members.Select(member => member.Name));
        Assert.Equal(expected, group.IsViable);
        Assert.Equal(expected ? [] : ["0000:01:00.1"], group.Spoilers.Select(member => member.Name));
        Assert.False(group.IsNoIommu);
    }

    [Fact]
    public void A_driver_that_VFIO_knows_does_not_need_VFIO_in_its_name()
    {
        _tree.AddFunction("0000:01:00.0", driver: "special", group: 7);
        Directory.CreateDirectory(_tree.PathOf("bus/pci/devices/0000:01:00.0/vfio-dev/vfio0"));

        Assert.True(_functions.List()[0].IsBoundToVfio);
        Assert.False(_functions.List()[0].HasVfioCharacterDevice);
        Assert.True(_functions.FindGroup(7)!.IsViable);
    }

    [Fact]
    public void A_group_that_VFIO_made_up_says_that_there_is_no_IOMMU()
    {
        _tree.AddFunction("0000:01:00.0", driver: "vfio-pci", group: 0);
        _tree.Set("kernel/iommu_groups/0/name", "vfio-noiommu\n");

        Assert.True(_functions.FindGroup(0)!.IsNoIommu);
    }

    [Fact]
    public void Members_on_other_buses_count_too()
    {
        _tree.AddFunction("0000:01:00.0", driver: "vfio-pci", group: 7);
        Directory.CreateDirectory(_tree.PathOf("devices/platform/dma0"));
        _tree.Link("devices/platform/dma0/driver", "bus/platform/drivers/pl330");
        _tree.Link("kernel/iommu_groups/7/devices/dma0", "devices/platform/dma0");

        var spoiler = Assert.Single(_functions.FindGroup(7)!.Spoilers);

        Assert.Equal(("dma0", "pl330"), (spoiler.Name, spoiler.DriverName));
    }

    [Theory]
    [InlineData(0x4000, 0x200, true)]
    [InlineData(0x100, 0x200, false)]
    [InlineData(0x4000, 0x100, false)]
    public void Only_memory_of_a_page_or_more_counts_as_mappable(ulong length, ulong flags, bool expected)
    {
        _tree.AddFunction("0000:01:00.0", resource: FakeSysfs.Line(0x1_0000, 0x1_0000 + length - 1, flags));

        Assert.Equal(expected, _functions.List()[0].HasMappableBar);
    }

    [Fact]
    public void A_large_ROM_is_not_a_mappable_BAR()
    {
        _tree.AddFunction("0000:01:00.0", resource:
            string.Concat(Enumerable.Repeat(FakeSysfs.Line(0, 0, 0), 6)) + FakeSysfs.Line(0xfe00_0000, 0xfe0f_ffff, 0x4e200));

        Assert.Equal(6, Assert.Single(_functions.List()[0].Resources).Index);
        Assert.False(_functions.List()[0].HasMappableBar);
    }
}
