using System.Text.Json;
using VfioSharp.Backends.Linux;
using VfioSharp.Tests.Backends.Linux.Sysfs;
using VfioSharp.Tests.IbmZ;

namespace VfioSharp.Tool.Tests;

/// <summary>A function of an IBM Z in the probe: QEMU's NVMe controller as kernel 6.12 tells of it.</summary>
public sealed class ZpciProbeTests : IDisposable
{
    private readonly FakeSysfs _sysfs = new();

    public void Dispose() => _sysfs.Dispose();

    [Fact]
    public async Task JSON_has_what_the_kernel_tells()
    {
        var run = await ToolRun.RunOnAsync(Device(), "probe 0001:00:00.0 --json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var probe = JsonDocument.Parse(run.Output).RootElement;
        var zpci = probe.GetProperty("zpci");
        foreach (var (name, number) in new (string Name, ulong Number)[]
        {
            ("functionId", 1), ("functionHandle", 0x8002_0000), ("uid", 1), ("index", 1), ("pchid", 0), ("port", 0), ("vfn", 0), ("pft", 0),
            ("pfgid", 255), ("fidparm", 0), ("maxStoreBlock", 128), ("kernelStoreBlock", 128), ("dmaAddressMask", 0),
            ("msiAddress", 0xfe00_0000_0000_0000), ("maxMsi", 128), ("measurementBlockLength", 0), ("measurementInterval", 4000), ("pciVersion", 0),
        })
        {
            Assert.Equal((name, number), (name, zpci.GetProperty(name).GetUInt64()));
        }

        Assert.Equal((0x1_0000_0000ul, 0x1_3fff_fffful), (zpci.GetProperty("dmaWindow").GetProperty("start").GetUInt64(), zpci.GetProperty("dmaWindow").GetProperty("end").GetUInt64()));
        Assert.False(zpci.GetProperty("mioEnabled").GetBoolean());
        Assert.True(zpci.GetProperty("uidIsUnique").GetBoolean());
        Assert.True(zpci.GetProperty("refresh").GetBoolean());
        Assert.Equal(JsonValueKind.Null, zpci.GetProperty("utilString").ValueKind);
        Assert.Equal([0, 0, 0, 0], zpci.GetProperty("functionPath").EnumerateArray().Select(segment => segment.GetInt32()));
        Assert.Equal(0, zpci.GetProperty("problems").GetArrayLength());

        var capabilities = probe.GetProperty("capabilities").EnumerateArray().Where(capability => capability.GetProperty("space").GetString() == "vfio").ToArray();
        Assert.Equal(["ZPCI_BASE", "ZPCI_GROUP", "ZPCI_PFIP"], capabilities.Select(capability => capability.GetProperty("name").GetString()!));
        Assert.Equal([2, 2, 1], capabilities.Select(capability => capability.GetProperty("version").GetInt32()));
        Assert.All(capabilities, capability => Assert.Equal(JsonValueKind.Null, capability.GetProperty("offset").ValueKind));
    }

    [Fact]
    public async Task Text_has_a_part_for_it_that_keeps_within_the_width()
    {
        var run = await ToolRun.RunOnAsync(Device(), "probe 0001:00:00.0");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        foreach (var part in new[]
        {
            "IBM Z", "id 0x00000001, handle 0x80020000, UID 0x1, unique, index 1", "group 0xff", "channel 0x0000, port 0, path 00.00.00.00",
            "no MIO instruction reaches the function", "blocks of up to 128 bytes", "window 0x100000000 to 0x13fffffff", "at 0xfe00000000000000",
            "no measurement block", "[vfio]    ZPCI_GROUP, version 2",
        })
        {
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        }

        Assert.All(run.Output.Split('\n'), line => Assert.True(line.TrimEnd().Length <= 120, line));
    }

    [Fact]
    public async Task On_another_machine_there_is_no_such_part() =>
        Assert.DoesNotContain("IBM Z\n", (await ToolRun.RunOnAsync(new FakeDevice(), "probe 01:00.0")).Output, StringComparison.Ordinal);

    private FakeDevice Device()
    {
        foreach (var (name, text) in new[]
        {
            ("function_id", "0x00000001"), ("function_handle", "0x80020000"), ("pchid", "0x0000"), ("pfgid", "0xff"), ("pft", "0x00"), ("vfn", "0x0000"),
            ("port", "0"), ("fidparm", "0x00"), ("uid", "0x1"), ("uid_is_unique", "1"), ("index", "1"), ("mio_enabled", "0"),
        })
        {
            _sysfs.Set($"bus/pci/devices/0001:00:00.0/{name}", text + "\n");
        }

        var capabilities = new[] { ZpciBytes.Base(), ZpciBytes.Group(), ZpciBytes.FunctionPath(new byte[4]) };
        return new FakeDevice
        {
            Capabilities = capabilities,
            Zpci = ZpciFunction.Describe(new SysfsTree(_sysfs.Root), DeviceAddress.Parse("0001:00:00.0"), "vfio-pci", capabilities),
        };
    }
}
