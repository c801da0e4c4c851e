using VfioSharp.Dma;
using VfioSharp.Regions;

namespace VfioSharp.Conformance.Tests;

/// <summary>
/// The library's client, as a driver uses it: it maps memory, so that the server's DMA has somewhere to go, connects an interrupt, and stays. (`vfio probe`, by which
/// docs/conformance.md judges the client, does neither.)
/// </summary>
public sealed class OwnClientTests
{
    private const int MemoryInBytes = 64 << 10;

    [Theory]
    [InlineData("conduct/")]
    [InlineData("server_command/")]
    [InlineData("server_end/")]
    public void A_driver_on_the_library_passes_every_case_and_skips_none(string names) => Assert.All(
        ClientSuiteTests.Run(names, Drive), result => Assert.True(result.Status == CaseStatus.Passed, $"{result.Case.Name}: {result.Status}: {result.Reason}"));

    private static void Drive(string path)
    {
        try
        {
            using var device = VfioDevice.Open($"vfio-user:{path}", new VfioOptions { RequestTimeout = TimeSpan.FromSeconds(2) });
            using var buffer = DmaBuffer.Allocate(MemoryInBytes);
            using var mapping = device.Dma.Map(buffer);
            using var vectors = device.Interrupts.Msix.Enable();
            using var registers = device.Regions[RegionIndex.Bar0].Open();
            _ = registers.Read32(0);
            // Until the server has had its say; the end of the connection is the end of the driver.
            device.Interrupts.GetHostWantsDeviceBackToken().WaitHandle.WaitOne(TimeSpan.FromSeconds(3));
        }
        catch (VfioException)
        {
            // The device is gone, which a driver is told so.
        }
    }
}
