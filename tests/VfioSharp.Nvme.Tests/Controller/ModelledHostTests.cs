using VfioSharp.Zpci.Backend;

namespace VfioSharp.Nvme.Tests.Controller;

/// <summary>The driver on modelled IBM Z hosts: registers through system calls, the region's file or MIO instructions, and the doorbells with them.</summary>
public class ModelledHostTests
{
    [Theory]
    [InlineData("linux-6.12,nomio", "shared")]
    [InlineData("linux-7.2,nomio", "shared")]
    [InlineData("linux-7.2,nomio", "trapped")]
    [InlineData("linux-7.2,mio", "shared")]
    [InlineData("linux-7.2,mio", "trapped")]
    public async Task The_driver_reads_and_writes_on_a_modelled_host(string host, string doorbells)
    {
        var token = TestContext.Current.CancellationToken;
        var address = DeviceAddress.Parse($"zpci:{host}/nvme,size=4M,block=4096,namespaces=2,doorbells={doorbells}");
        using var device = VfioDevice.Open(address, ZpciScheme.OpenBackend(address, new VfioOptions()));
        await using var controller = await NvmeController.OpenAsync(device, cancellationToken: token);
        var data = new byte[(1 << 20) + 4096];
        new Random(3).NextBytes(data);

        Assert.Equal(2, controller.Namespaces.Count);
        await controller.Namespaces[1].WriteAsync(5, data, token);
        await controller.ResetAsync(token);
        var back = new byte[data.Length];
        await controller.Namespaces[1].ReadAsync(5, back, token);

        Assert.True(back.AsSpan().SequenceEqual(data));
        Assert.Equal(308, (await controller.ReadSmartAsync(cancellationToken: token)).TemperatureInKelvin.Value);
    }
}
