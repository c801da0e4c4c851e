using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>The host takes the device away while it is in use. Explicit: it needs a guest whose QEMU answers the marker with device_del.</summary>
public sealed class RemovalTests
{
    /// <summary>Printed on standard error when the removal may begin.</summary>
    public const string Marker = "remove-nvme-now";

    [Fact(Explicit = true)]
    public async Task The_request_event_is_raised_and_the_device_can_be_given_back()
    {
        var address = Guest.AddressOf("nvme");
        using (var device = VfioDevice.Open(address))
        {
            using var registers = device.Regions[RegionIndex.Bar0].Open();
            Assert.NotEqual(uint.MaxValue, registers.Read32(8));
            using var request = device.Interrupts.Request.Enable();

            await Console.Error.WriteLineAsync(Marker);
            Assert.True(request[0].Wait(TimeSpan.FromSeconds(60)), "the request event was not raised within 60 s");
        }

        var deadline = Environment.TickCount64 + 60_000;
        while (Directory.Exists($"/sys/bus/pci/devices/{address}"))
        {
            Assert.True(Environment.TickCount64 < deadline, "the function was not removed within 60 s after it was given back");
            await Task.Delay(100);
        }

        var exception = Assert.Throws<VfioException>(() => VfioDevice.Open(address));
        Assert.Equal(Errno.ENODEV, exception.Errno);
    }
}
