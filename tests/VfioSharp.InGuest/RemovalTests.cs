using System.Diagnostics;
using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>The host takes the device away while it is in use. Explicit: it needs a guest whose QEMU answers the marker with device_del.</summary>
public sealed class RemovalTests
{
    /// <summary>Printed on standard error when the removal may begin.</summary>
    public const string Marker = "remove-nvme-now";

    private const int Accesses = 1000;

    [Fact(Explicit = true)]
    public async Task The_request_event_is_raised_and_the_device_can_be_given_back()
    {
        var address = Guest.AddressOf("nvme");
        using (var device = VfioDevice.Open(address))
        {
            using var registers = device.Regions[RegionIndex.Bar0].Open();
            var version = registers.Read32(NvmeAdminQueue.Version);
            Assert.NotEqual(uint.MaxValue, version);
            using var request = device.Interrupts.Request.Enable();

            await Console.Error.WriteLineAsync(Marker);
            Assert.True(request[0].Wait(TimeSpan.FromSeconds(60)), "the request event was not raised within 60 s");

            // Until it is given back the function may answer or not; what it does not answer is all ones and counted.
            var allOnes = 0L;
            for (var i = 0; i < Accesses; i++)
            {
                var value = registers.Read32(NvmeAdminQueue.Version);
                if (value == uint.MaxValue)
                    allOnes++;
                else
                    Assert.Equal(version, value);
            }

            Assert.Equal(allOnes, registers.FaultCount);
        }

        var watch = Stopwatch.StartNew();
        while (Directory.Exists($"/sys/bus/pci/devices/{address}"))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "the function was not removed within 60 s after it was given back");
            await Task.Delay(100);
        }

        var exception = Assert.Throws<VfioException>(() => VfioDevice.Open(address));
        Assert.Equal(Errno.ENODEV, exception.Errno);
    }
}
