using VfioSharp.Backends;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Backends;

/// <summary>The registry is the process's, so that each scheme is registered by one test alone.</summary>
public sealed class DeviceSchemesTests
{
    [Fact]
    public void An_address_of_a_registered_scheme_is_opened_by_the_one_who_registered()
    {
        var asked = new List<(DeviceAddress Address, VfioOptions Options)>();
        DeviceBackend Open(DeviceAddress address, VfioOptions options)
        {
            asked.Add((address, options));
            return new ByteArrayBackend();
        }

        var before = Assert.Throws<VfioException>(() => VfioDevice.Open("zpci:linux-6.12,nomio/nvme"));
        Assert.Equal(Errno.EOPNOTSUPP, before.Errno);
        Assert.Contains("DeviceSchemes.Register(\"zpci\", ...)", before.Message, StringComparison.Ordinal);

        DeviceOpener opener = Open;
        DeviceSchemes.Register("zpci", opener);
        DeviceSchemes.Register("zpci", opener);
        var options = new VfioOptions();
        using var device = VfioDevice.Open("zpci:linux-6.12,nomio/nvme", options);

        Assert.Equal("bytes", device.Backend);
        Assert.Equal([(DeviceAddress.Parse("zpci:linux-6.12,nomio/nvme"), options)], asked);
        Assert.Throws<InvalidOperationException>(() => DeviceSchemes.Register("zpci", (_, _) => new ByteArrayBackend()));
    }

    [Theory]
    [InlineData("pci")]
    [InlineData("ZPCI")]
    [InlineData("")]
    public void What_is_no_scheme_in_front_of_an_address_cannot_be_registered(string scheme)
    {
        var failure = Assert.Throws<ArgumentException>(() => DeviceSchemes.Register(scheme, (_, _) => new ByteArrayBackend()));
        Assert.Contains("vfio-user, zpci", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_is_opened_by_an_opener_shares_an_address_space_only_where_the_opener_joined_it()
    {
        var seam = new RecordingDmaBackend();
        using var first = VfioDevice.Open(DeviceAddress.Parse("0000:01:00.0"), new ByteArrayBackend { DmaSeam = seam });
        DeviceSchemes.Register("vfio-user", (_, options) => new ByteArrayBackend { DmaSeam = (RecordingDmaBackend)options.ShareDmaWith!.Backend });
        using (var second = VfioDevice.Open("vfio-user:/run/nvme.sock", new VfioOptions { ShareDmaWith = first.Dma }))
            Assert.Same(first.Dma, second.Dma);
        Assert.False(seam.IsDisposed);
    }
}
