using VfioSharp.Emulation.InProcess;
using VfioSharp.Nvme.Tests.Faults;

namespace VfioSharp.Nvme.Tests.Controller;

public class ClosedDeviceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_device_that_is_closed_first_ends_what_is_under_way_and_the_controller_can_still_be_disposed()
    {
        using var function = new FaultyController();
        var device = InProcessDevice.Open(function);
        var controller = await NvmeController.OpenAsync(device, new NvmeOptions { CommandTimeout = TimeSpan.FromMilliseconds(300) }, Token);
        function.Meet(0x02, CompletionFault.Hold);
        var read = controller.Namespaces[0].ReadAsync(0, new byte[512], Token).AsTask();

        device.Dispose();

        Assert.Same(read, await Task.WhenAny(read, Task.Delay(TimeSpan.FromSeconds(20), Token)));
        await Assert.ThrowsAsync<NvmeException>(() => read);
        await controller.DisposeAsync();
    }

    [Fact]
    public async Task A_controller_whose_device_was_closed_is_disposed_without_more_ado()
    {
        using var function = new FaultyController();
        var device = InProcessDevice.Open(function);
        var controller = await NvmeController.OpenAsync(device, cancellationToken: Token);

        device.Dispose();
        await controller.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => controller.ReadSmartAsync(cancellationToken: Token));
    }
}
