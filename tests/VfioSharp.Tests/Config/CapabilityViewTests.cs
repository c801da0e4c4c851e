using VfioSharp.Config;
using VfioSharp.Tests.Fakes;
using static VfioSharp.Tests.Config.ConfigBytes;

namespace VfioSharp.Tests.Config;

public sealed class CapabilityViewTests
{
    [Fact]
    public void MsiX_says_where_its_table_and_its_pending_bits_are()
    {
        var bytes = NvmeLike();
        var msix = Over(bytes).FindMsix()!;
        Assert.Equal(MsixAt, msix.Offset);
        Assert.True(msix.IsEnabled);
        Assert.False(msix.IsFunctionMasked);
        Assert.Equal(65, msix.VectorCount);
        Assert.Equal(new MsixLocation(0, 0x2000, 65 * 16), msix.Table);
        Assert.Equal(new MsixLocation(0, 0x3000, 16), msix.Pending);
        Put16(bytes, MsixAt + 2, 0x47ff);
        Put32(bytes, MsixAt + 4, 0x0000_100c);
        Assert.Equal((false, true, 2048), (msix.IsEnabled, msix.IsFunctionMasked, msix.VectorCount));
        Assert.Equal(new MsixLocation(4, 0x1008, 32768), msix.Table);
    }

    [Fact]
    public void PciExpress_says_type_link_payload_and_reset()
    {
        var bytes = NvmeLike();
        var express = Over(bytes).FindPciExpress()!;
        Assert.Equal((2, PciExpressPortType.Endpoint), (express.Version, express.PortType));
        Assert.True(express.SupportsFunctionLevelReset);
        Assert.Equal((128, 128, 512), (express.SupportedPayloadInBytes, express.MaxPayloadInBytes, express.MaxReadRequestInBytes));
        Assert.Equal((32, 4), (express.MaxLinkSpeed, express.MaxLinkWidth));
        Assert.Equal((2.5, 1), (express.LinkSpeed, express.LinkWidth));
    }

    [Fact]
    public void PciExpress_without_a_link_and_with_reserved_encodings_says_null()
    {
        var bytes = NvmeLike();
        Put16(bytes, PciExpressAt + 2, 0x0092);
        Put32(bytes, PciExpressAt + 4, 0x0000_0006);
        Put16(bytes, PciExpressAt + 8, 0x70e0);
        Put32(bytes, PciExpressAt + 0xc, 0);
        Put16(bytes, PciExpressAt + 0x12, 0x000f);
        var express = Over(bytes).FindPciExpress()!;
        Assert.Equal(PciExpressPortType.IntegratedEndpoint, express.PortType);
        Assert.False(express.SupportsFunctionLevelReset);
        Assert.Equal((null, null, null), (express.SupportedPayloadInBytes, express.MaxPayloadInBytes, express.MaxReadRequestInBytes));
        Assert.Equal((null, 0), (express.MaxLinkSpeed, express.MaxLinkWidth));
        Assert.Equal((null, 0), (express.LinkSpeed, express.LinkWidth));
    }

    [Theory]
    [InlineData(0x0000, false, 1, 1, false, false)]
    [InlineData(0x0181, true, 1, 1, true, true)]
    [InlineData(0x00ba, false, 32, 8, true, false)]
    [InlineData(0x017f, true, 32, 32, false, true)]
    public void Msi_says_vectors_address_and_masking(int control, bool isEnabled, int requested, int enabled, bool has64Bit, bool hasMasking)
    {
        var bytes = NvmeLike();
        bytes[MsixAt] = 0x05;
        Put16(bytes, MsixAt + 2, (ushort)control);
        var msi = Over(bytes).FindMsi()!;
        Assert.Equal(
            (isEnabled, requested, enabled, has64Bit, hasMasking),
            (msi.IsEnabled, msi.RequestedVectors, msi.EnabledVectors, msi.Has64BitAddress, msi.HasPerVectorMasking));
    }

    [Fact]
    public void A_power_state_is_set_without_clearing_the_pme_status()
    {
        var bytes = NvmeLike();
        var backend = ByteArrayBackend.WithConfig(bytes);
        var power = Over(backend).FindPowerManagement()!;
        Assert.Equal((3, PowerState.D0, true), (power.Version, power.State, power.KeepsStateInD3Hot));
        power.SetState(PowerState.D3Hot);
        Assert.Equal(PowerState.D3Hot, power.State);
        // The status bit is written as 0, which leaves it as it is in a device; every other bit is written as it was.
        Assert.Equal(0x000b, bytes[PowerManagementAt + 4] | (bytes[PowerManagementAt + 5] << 8));
        power.SetState(PowerState.D0);
        Assert.Equal(PowerState.D0, power.State);
    }

    [Fact]
    public void A_power_state_that_the_function_lacks_is_refused_and_nothing_written()
    {
        var bytes = NvmeLike();
        var backend = ByteArrayBackend.WithConfig(bytes);
        var power = Over(backend).FindPowerManagement()!;
        Assert.Equal(
            "0000:01:00.0: cannot put the function into D1: it does not have that state.",
            Assert.Throws<VfioException>(() => power.SetState(PowerState.D1)).Message);
        Assert.Throws<VfioException>(() => power.SetState(PowerState.D2));
        Assert.Throws<ArgumentOutOfRangeException>(() => power.SetState((PowerState)4));
        Assert.DoesNotContain(backend.Accesses, access => access.StartsWith("write", StringComparison.Ordinal));
        Put16(bytes, PowerManagementAt + 2, 0x0603);
        power.SetState(PowerState.D2);
        Assert.Equal((true, true, PowerState.D2), (power.SupportsD1, power.SupportsD2, power.State));
    }

    [Fact]
    public void What_a_function_does_not_have_is_null()
    {
        var config = Over(new byte[256]);
        Assert.Null(config.FindMsi());
        Assert.Null(config.FindMsix());
        Assert.Null(config.FindPciExpress());
        Assert.Null(config.FindPowerManagement());
    }
}
