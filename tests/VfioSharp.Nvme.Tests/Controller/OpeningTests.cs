using VfioSharp.Nvme.Tests.Faults;

namespace VfioSharp.Nvme.Tests.Controller;

public class OpeningTests
{
    [Fact]
    public async Task A_controller_is_opened_and_tells_what_it_is()
    {
        await using var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());

        var controller = opened.Driver;
        Assert.Equal("FAULTY-1", controller.Identity.SerialNumber);
        Assert.Equal("A controller that goes wrong", controller.Identity.ModelNumber);
        Assert.Equal(131072, controller.MaxTransferInBytes);
        Assert.Null(controller.Failure);
        var @namespace = Assert.Single(controller.Namespaces);
        Assert.Equal(1u, @namespace.Id);
        Assert.Equal(512, @namespace.BlockSizeInBytes);
        Assert.Equal((ulong)FaultyController.SizeInBlocks, @namespace.SizeInBlocks);
        Assert.Null(@namespace.Obstacle);
    }

    [Fact]
    public async Task Disposing_of_a_controller_shuts_it_down_once_and_disables_it()
    {
        var opened = await OpenedController<FaultyController>.OpenAsync(new FaultyController());

        await opened.DisposeAsync();
        await opened.DisposeAsync();

        Assert.Equal(1, opened.Function.ShutdownCount);
    }
}
