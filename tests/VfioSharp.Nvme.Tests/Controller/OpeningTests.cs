using VfioSharp.Emulation.InProcess;
using VfioSharp.Nvme.Tests.Faults;

namespace VfioSharp.Nvme.Tests.Controller;

public class OpeningTests
{
    [Fact]
    public async Task A_controller_is_opened_and_tells_what_it_is()
    {
        using var function = new FaultyController();
        using var device = InProcessDevice.Open(function);
        await using var controller = await NvmeController.OpenAsync(device, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("FAULTY-1", controller.Identity.SerialNumber);
        Assert.Equal("A controller that goes wrong", controller.Identity.ModelNumber);
        Assert.Equal(131072, controller.MaxTransferInBytes);
        var @namespace = Assert.Single(controller.Namespaces);
        Assert.Equal(1u, @namespace.Id);
        Assert.Equal(512, @namespace.BlockSizeInBytes);
        Assert.Equal((ulong)FaultyController.SizeInBlocks, @namespace.SizeInBlocks);
        Assert.Null(@namespace.Obstacle);
    }
}
