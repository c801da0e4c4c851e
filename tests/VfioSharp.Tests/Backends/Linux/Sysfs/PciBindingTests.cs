using VfioSharp.Backends.Linux;

namespace VfioSharp.Tests.Backends.Linux.Sysfs;

public sealed class PciBindingTests : IDisposable
{
    private const string Directory = "bus/pci/devices/0000:01:00.0";
    private static readonly DeviceAddress Nvme = DeviceAddress.Parse("0000:01:00.0");

    private readonly FakeSysfs _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Bind_takes_the_function_from_its_driver()
    {
        AddNvme("nvme");
        var kernel = new FakeKernel(_tree);

        var result = new PciBinding(new PciFunctions(kernel)).Bind(Nvme);

        Assert.Equal(new PciBindingResult("nvme", "vfio-pci", IsChanged: true), result);
        Assert.Equal(
            [$"{Directory}/driver_override=vfio-pci\n", $"{Directory}/driver/unbind=0000:01:00.0", "bus/pci/drivers_probe=0000:01:00.0"],
            kernel.Writes);
    }

    [Fact]
    public void Bind_takes_a_function_that_nobody_holds()
    {
        AddNvme(null);

        Assert.Equal(new PciBindingResult(null, "vfio-pci", IsChanged: true), Binding(new FakeKernel(_tree)).Bind(Nvme));
    }

    [Theory]
    [InlineData("vfio-pci")]
    [InlineData("mlx5_vfio_pci")]
    public void Bind_leaves_a_function_alone_that_a_VFIO_driver_holds(string driver)
    {
        AddNvme(driver);
        var kernel = new FakeKernel(_tree);

        Assert.Equal(new PciBindingResult(driver, driver, IsChanged: false), Binding(kernel).Bind(Nvme));
        Assert.Empty(kernel.Writes);
    }

    [Fact]
    public void Bind_puts_everything_back_when_vfio_pci_refuses()
    {
        AddNvme("nvme");
        var kernel = new FakeKernel(_tree) { NativeDriver = "nvme", VfioRefuses = true };

        var refusal = Assert.Throws<VfioException>(() => Binding(kernel).Bind(Nvme));

        Assert.Contains("nvme holds it, as before", refusal.Message, StringComparison.Ordinal);
        var function = new PciFunctions(kernel).Find(Nvme)!;
        Assert.Equal("nvme", function.DriverName);
        Assert.Null(function.DriverOverride);
    }

    [Fact]
    public void Bind_says_so_when_the_old_driver_does_not_come_back()
    {
        AddNvme("nvme");

        var refusal = Assert.Throws<VfioException>(() => Binding(new FakeKernel(_tree) { VfioRefuses = true }).Bind(Nvme));

        Assert.Contains("nvme was taken off and did not come back", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_puts_the_override_back_when_the_old_driver_does_not_let_go()
    {
        AddNvme("nvme");
        _tree.Set($"{Directory}/driver_override", "nvme\n");
        var kernel = new FakeKernel(_tree) { Refuse = file => file.EndsWith("/unbind", StringComparison.Ordinal) ? Errno.EBUSY : null };

        var refusal = Assert.Throws<VfioException>(() => Binding(kernel).Bind(Nvme));

        Assert.Equal(Errno.EBUSY, refusal.Errno);
        Assert.Contains("nvme holds it, as before", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("nvme", new PciFunctions(kernel).Find(Nvme)!.DriverOverride);
    }

    [Theory]
    [InlineData(Errno.EACCES, "sudo")]
    [InlineData(Errno.EPERM, "sudo")]
    [InlineData(Errno.EROFS, "read-only")]
    public void Bind_without_the_right_to_says_what_is_missing(Errno errno, string expected)
    {
        AddNvme("nvme");

        var refusal = Assert.Throws<VfioException>(() => Binding(new FakeKernel(_tree) { Refuse = _ => errno }).Bind(Nvme));

        Assert.Equal(errno, refusal.Errno);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("nothing was changed", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_without_vfio_pci_names_the_module()
    {
        _tree.AddFunction("0000:01:00.0", driver: "nvme", group: 7);
        var kernel = new FakeKernel(_tree);

        Assert.Contains("modprobe vfio-pci", Assert.Throws<VfioException>(() => Binding(kernel).Bind(Nvme)).Message, StringComparison.Ordinal);
        Assert.Empty(kernel.Writes);
    }

    [Fact]
    public void Bind_without_an_IOMMU_names_the_kernel_arguments_and_takes_the_explicit_opt_out()
    {
        _tree.AddDriver("vfio-pci");
        _tree.AddFunction("0000:01:00.0");
        var kernel = new FakeKernel(_tree);

        var refusal = Assert.Throws<VfioException>(() => Binding(kernel).Bind(Nvme));
        Assert.Contains("intel_iommu=on", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("noiommu", refusal.Message, StringComparison.Ordinal);

        _tree.Set("module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
        refusal = Assert.Throws<VfioException>(() => Binding(kernel).Bind(Nvme));
        Assert.Contains("enable_unsafe_noiommu_mode", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(kernel.Writes);

        _tree.Set("module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
        Assert.Equal("vfio-pci", Binding(kernel).Bind(Nvme).CurrentDriver);
    }

    [Fact]
    public void Bind_refuses_a_bridge()
    {
        _tree.AddDriver("vfio-pci");
        _tree.AddFunction("0000:01:00.0", driver: "pcieport", group: 7, classCode: "0x060400");
        var kernel = new FakeKernel(_tree);

        Assert.Contains("bridge", Assert.Throws<VfioException>(() => Binding(kernel).Bind(Nvme)).Message, StringComparison.Ordinal);
        Assert.Empty(kernel.Writes);
    }

    [Theory]
    [InlineData("0000:09:00.0", "no such PCI function")]
    [InlineData("vfio-user:/run/nvme.sock", "only a PCI function")]
    public void Neither_way_takes_a_device_that_is_not_a_function_of_this_machine(string address, string expected)
    {
        var binding = Binding(new FakeKernel(_tree));

        Assert.Contains(expected, Assert.Throws<VfioException>(() => binding.Bind(DeviceAddress.Parse(address))).Message, StringComparison.Ordinal);
        Assert.Contains(expected, Assert.Throws<VfioException>(() => binding.Unbind(DeviceAddress.Parse(address))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unbind_gives_the_function_back_to_its_driver()
    {
        AddNvme("vfio-pci");
        _tree.Set($"{Directory}/driver_override", "vfio-pci\n");
        var kernel = new FakeKernel(_tree) { NativeDriver = "nvme" };

        Assert.Equal(new PciBindingResult("vfio-pci", "nvme", IsChanged: true), Binding(kernel).Unbind(Nvme));
        Assert.Null(new PciFunctions(kernel).Find(Nvme)!.DriverOverride);
    }

    [Fact]
    public void Unbind_may_leave_the_function_without_a_driver()
    {
        AddNvme("vfio-pci");

        Assert.Equal(new PciBindingResult("vfio-pci", null, IsChanged: true), Binding(new FakeKernel(_tree)).Unbind(Nvme));
    }

    [Fact]
    public void Unbind_leaves_a_function_alone_that_VFIO_does_not_hold()
    {
        AddNvme("nvme");
        var kernel = new FakeKernel(_tree);

        Assert.Equal(new PciBindingResult("nvme", "nvme", IsChanged: false), Binding(kernel).Unbind(Nvme));
        Assert.Empty(kernel.Writes);
    }

    [Fact]
    public void Unbind_frees_a_function_that_is_only_reserved_for_VFIO()
    {
        AddNvme(null);
        _tree.Set($"{Directory}/driver_override", "vfio-pci\n");

        Assert.Equal(new PciBindingResult(null, "nvme", IsChanged: true), Binding(new FakeKernel(_tree) { NativeDriver = "nvme" }).Unbind(Nvme));
    }

    [Fact]
    public void Unbind_that_fails_keeps_the_function_reserved()
    {
        AddNvme("vfio-pci");
        _tree.Set($"{Directory}/driver_override", "vfio-pci\n");
        var kernel = new FakeKernel(_tree) { Refuse = file => file.EndsWith("/unbind", StringComparison.Ordinal) ? Errno.EIO : null };

        var refusal = Assert.Throws<VfioException>(() => Binding(kernel).Unbind(Nvme));

        Assert.Contains("vfio-pci still holds it", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("vfio-pci", new PciFunctions(kernel).Find(Nvme)!.DriverOverride);
    }

    [Fact]
    public void An_attribute_is_written_as_it_stands()
    {
        _tree.Set("value", "");
        var sysfs = new SysfsTree(_tree.Root);

        Assert.Equal(Errno.None, sysfs.Write("value", "vfio-pci\n"));
        Assert.Equal("vfio-pci\n", File.ReadAllText(_tree.PathOf("value")));
        Assert.Equal(Errno.ENOENT, sysfs.Write("nothing", "x"));
    }

    private static PciBinding Binding(FakeKernel kernel) => new(new PciFunctions(kernel));

    private void AddNvme(string? driver)
    {
        _tree.AddDriver("vfio-pci");
        _tree.AddFunction("0000:01:00.0", driver, group: 7);
    }
}
