using VfioSharp.Tests.Backends.Linux.Sysfs;

namespace VfioSharp.Tool.Tests;

public sealed class BindVerbTests : IDisposable
{
    private readonly FakeSysfs _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("bind")]
    [InlineData("unbind")]
    public async Task A_function_that_is_not_there_is_refused(string verb) =>
        (await ToolRun.RunAsync(_tree.Root, verb, "0000:09:00.0")).AssertRefused(1, "no such PCI function");

    [Fact]
    public async Task A_function_without_an_IOMMU_group_is_refused()
    {
        _tree.AddFunction("0000:01:00.0", driver: "nvme");

        (await ToolRun.RunAsync(_tree.Root, "bind", "01:00.0")).AssertRefused(1, "intel_iommu=on");
    }

    [Fact]
    public async Task A_kernel_without_vfio_pci_is_told_how_to_get_it()
    {
        _tree.AddFunction("0000:01:00.0", driver: "nvme", group: 7);

        (await ToolRun.RunAsync(_tree.Root, "bind", "0000:01:00.0")).AssertRefused(1, "modprobe vfio-pci");
    }

    [Fact]
    public async Task A_bridge_is_refused()
    {
        _tree.AddDriver("vfio-pci");
        _tree.AddFunction("0000:01:00.0", driver: "pcieport", group: 7, classCode: "0x060400");

        (await ToolRun.RunAsync(_tree.Root, "bind", "0000:01:00.0")).AssertRefused(1, "bridge");
    }

    [Fact]
    public async Task Binding_twice_is_no_error()
    {
        _tree.AddFunction("0000:01:00.0", driver: "vfio-pci", group: 7);

        var run = await ToolRun.RunAsync(_tree.Root, "bind", "0000:01:00.0");

        Assert.Equal((0, "0000:01:00.0 is bound to vfio-pci already.\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Fact]
    public async Task Unbinding_what_is_not_bound_is_no_error()
    {
        _tree.AddFunction("0000:01:00.0", driver: "nvme", group: 7);

        var run = await ToolRun.RunAsync(_tree.Root, "unbind", "0000:01:00.0");

        Assert.Equal((0, "0000:01:00.0 is not bound to vfio-pci; nvme holds it.\n", ""), (run.ExitCode, run.Output, run.Error));
    }
}
