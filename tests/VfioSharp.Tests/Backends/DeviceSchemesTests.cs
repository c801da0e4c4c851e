using VfioSharp.Backends;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Backends;

/// <summary>The registry is the process's, and one scheme is free: so one test alone registers.</summary>
public sealed class DeviceSchemesTests
{
    [Fact]
    public void An_address_of_a_registered_scheme_is_opened_by_the_one_who_registered_and_shares_an_address_space_where_that_one_joined_it()
    {
        var asked = new List<(DeviceAddress Address, VfioOptions Options)>();
        DeviceBackend Open(DeviceAddress address, VfioOptions options)
        {
            asked.Add((address, options));
            return options.ShareDmaWith is { } shared ? new ByteArrayBackend { DmaSeam = (RecordingDmaBackend)shared.Backend } : new ByteArrayBackend();
        }

        var before = Assert.Throws<VfioException>(() => VfioDevice.Open("zpci:linux-6.12,nomio/nvme"));
        Assert.Equal(Errno.EOPNOTSUPP, before.Errno);
        Assert.Contains("DeviceSchemes.Register(\"zpci\", ...)", before.Message, StringComparison.Ordinal);

        DeviceOpener opener = Open;
        DeviceSchemes.Register("zpci", opener);
        DeviceSchemes.Register("zpci", opener);
        var options = new VfioOptions();
        using (var device = VfioDevice.Open("zpci:linux-6.12,nomio/nvme", options))
            Assert.Equal("bytes", device.Backend);

        Assert.Equal([(DeviceAddress.Parse("zpci:linux-6.12,nomio/nvme"), options)], asked);
        Assert.Throws<InvalidOperationException>(() => DeviceSchemes.Register("zpci", (_, _) => new ByteArrayBackend()));

        var seam = new RecordingDmaBackend();
        using var first = VfioDevice.Open(DeviceAddress.Parse("0000:01:00.0"), new ByteArrayBackend { DmaSeam = seam });
        using (var second = VfioDevice.Open("zpci:linux-6.12,nomio/nvme", new VfioOptions { ShareDmaWith = first.Dma }))
            Assert.Same(first.Dma, second.Dma);
        Assert.False(seam.IsDisposed);
    }

    [Theory]
    [InlineData("pci")]
    [InlineData("vfio-user")]
    [InlineData("ZPCI")]
    [InlineData("")]
    public void A_scheme_that_the_library_opens_itself_or_does_not_know_cannot_be_registered(string scheme)
    {
        var failure = Assert.Throws<ArgumentException>(() => DeviceSchemes.Register(scheme, (_, _) => new ByteArrayBackend()));
        Assert.Contains("zpci", failure.Message, StringComparison.Ordinal);
    }
}
