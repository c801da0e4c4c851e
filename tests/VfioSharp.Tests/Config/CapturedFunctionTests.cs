using System.Globalization;
using VfioSharp.Config;

namespace VfioSharp.Tests.Config;

/// <summary>The views against lspci: the expected values are what `lspci -F dump -vv -n` (3.9.0) reads from the same bytes.</summary>
public sealed class CapturedFunctionTests
{
    [Theory]
    [InlineData(nameof(CapturedFunctions.Nvme), """
        1b36:0010 class 010802 rev 02, Endpoint, subsystem 1af4:1100, pin IntA, Io, Memory, BusMaster, SystemError
        Region 0: Memory64 at fe800000
        [40] MSI-X: Enable- Count=65 Masked- BAR=0 offset=2000 BAR=0 offset=3000
        [80] PCI Express: v2 Endpoint FLReset+ MaxPayload 128 of 128, MaxReadReq 128, Speed 2.5GT/s of 2.5GT/s, Width x1 of x1
        [60] Power Management: v3 D0 NoSoftRst+ D1- D2-
        """)]
    [InlineData(nameof(CapturedFunctions.E1000e), """
        8086:10d3 class 020000 rev 00, Endpoint, subsystem 8086:0000, pin IntA, Io, Memory, SystemError
        Region 0: Memory32 at fe000000
        Region 1: Memory32 at fe020000
        Region 2: Io at d000
        Region 3: Memory32 at fe040000
        [c8] Power Management: v2 D0 NoSoftRst- D1- D2-
        [d0] MSI: Enable- Count=1/1 Maskable- 64bit+
        [e0] PCI Express: v1 Endpoint FLReset- MaxPayload 128 of 128, MaxReadReq 128, Speed 2.5GT/s of 2.5GT/s, Width x1 of x1
        [a0] MSI-X: Enable- Count=5 Masked- BAR=3 offset=0 BAR=3 offset=2000
        [100 v2] Advanced Error Reporting
        [140 v1] Device Serial Number
        """)]
    [InlineData(nameof(CapturedFunctions.Igb), """
        8086:10c9 class 020000 rev 01, Endpoint, subsystem 1af4:1100, pin IntA, Io, Memory, SystemError
        Region 0: Memory32 at fde00000
        Region 1: Memory32 at fde20000
        Region 2: Io at c000
        Region 3: Memory64 at fde40000
        [40] Power Management: v2 D0 NoSoftRst- D1- D2-
        [50] MSI: Enable- Count=1/1 Maskable+ 64bit+
        [70] MSI-X: Enable- Count=10 Masked- BAR=3 offset=0 BAR=3 offset=2000
        [a0] PCI Express: v2 Endpoint FLReset+ MaxPayload 128 of 128, MaxReadReq 128, Speed 2.5GT/s of 2.5GT/s, Width x1 of x1
        [100 v1] Advanced Error Reporting
        [150 v1] Alternative Routing-ID Interpretation
        [160 v1] Single Root I/O Virtualization
        """)]
    [InlineData(nameof(CapturedFunctions.RootPort), """
        1b36:000c class 060400 rev 00, Bridge, subsystem 1b36:0000, pin IntA, Io, Memory, BusMaster, SystemError, InterruptDisable
        Region 0: Memory32 at fea00000
        [54] PCI Express: v2 RootPort FLReset- MaxPayload 128 of 128, MaxReadReq 128, Speed 2.5GT/s of 16GT/s, Width x1 of x32
        [48] MSI-X: Enable+ Count=1 Masked- BAR=0 offset=0 BAR=0 offset=800
        [40] Bridge Subsystem Vendor ID
        [100 v2] Advanced Error Reporting
        [148 v1] Access Control Services
        """)]
    public void A_function_of_qemu_reads_as_lspci_reads_it(string function, string expected)
    {
        var config = ConfigBytes.Over(CapturedFunctions.Bytes(function));
        Assert.Equal(expected.Split('\n'), Describe(config));
        Assert.Null(config.ReadCapabilities().Problem);
        Assert.Null(config.ReadExtendedCapabilities().Problem);
    }

    private static IEnumerable<string> Describe(ConfigSpace config)
    {
        yield return $"{config.VendorId:x4}:{config.DeviceId:x4} class {config.ClassCode.Value:x6} rev {config.RevisionId:x2}, {config.HeaderLayout}, " +
            $"subsystem {config.Subsystem}, pin {config.InterruptPin}, {config.Command}";
        foreach (var bar in config.ReadBaseAddresses())
            yield return $"Region {bar.Index}: {bar.Kind} at {bar.Address:x}";
        foreach (var capability in config.ReadCapabilities().Entries)
            yield return $"[{capability.Offset:x2}] {capability.Name}{Details(config, capability.Id)}";
        foreach (var capability in config.ReadExtendedCapabilities().Entries)
            yield return $"[{capability.Offset:x3} v{capability.Version}] {capability.Name}";
    }

    private static string Details(ConfigSpace config, CapabilityId id)
    {
        if (id == CapabilityId.Msix && config.FindMsix() is { } msix)
            return $": Enable{Sign(msix.IsEnabled)} Count={msix.VectorCount} Masked{Sign(msix.IsFunctionMasked)} {Place(msix.Table)} {Place(msix.Pending)}";
        if (id == CapabilityId.Msi && config.FindMsi() is { } msi)
        {
            return $": Enable{Sign(msi.IsEnabled)} Count={msi.EnabledVectors}/{msi.RequestedVectors} " +
                $"Maskable{Sign(msi.HasPerVectorMasking)} 64bit{Sign(msi.Has64BitAddress)}";
        }

        if (id == CapabilityId.PowerManagement && config.FindPowerManagement() is { } power)
            return $": v{power.Version} {power.State} NoSoftRst{Sign(power.KeepsStateInD3Hot)} D1{Sign(power.SupportsD1)} D2{Sign(power.SupportsD2)}";
        if (id == CapabilityId.PciExpress && config.FindPciExpress() is { } express)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $": v{express.Version} {express.PortType} FLReset{Sign(express.SupportsFunctionLevelReset)} " +
                $"MaxPayload {express.MaxPayloadInBytes} of {express.SupportedPayloadInBytes}, MaxReadReq {express.MaxReadRequestInBytes}, " +
                $"Speed {express.LinkSpeed}GT/s of {express.MaxLinkSpeed}GT/s, Width x{express.LinkWidth} of x{express.MaxLinkWidth}");
        }

        return string.Empty;
    }

    private static string Place(MsixLocation place) => $"BAR={place.Bar} offset={place.Offset:x}";

    private static char Sign(bool value) => value ? '+' : '-';
}
