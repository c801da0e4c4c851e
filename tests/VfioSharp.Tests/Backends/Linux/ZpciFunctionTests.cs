using VfioSharp.Backends.Linux;
using VfioSharp.Dma;
using VfioSharp.IbmZ;
using VfioSharp.Regions;
using VfioSharp.Tests.Backends.Linux.Sysfs;
using VfioSharp.Tests.IbmZ;

namespace VfioSharp.Tests.Backends.Linux;

public sealed class ZpciFunctionTests : IDisposable
{
    private static readonly DeviceAddress Address = DeviceAddress.Parse("0001:00:00.0");

    private readonly FakeSysfs _sysfs = new();

    public ZpciFunctionTests() => _sysfs.AddFunction("0001:00:00.0", driver: "vfio-pci", group: 0);

    public void Dispose() => _sysfs.Dispose();

    [Fact]
    public void A_function_of_another_machine_has_no_description()
    {
        Set("index", "3\n");
        Set("port", "1\n");
        Assert.Null(Describe([new InfoCapability(5, 1, new byte[4])]));
    }

    [Fact]
    public void Sysfs_and_VFIO_together_tell_all_of_it()
    {
        SetAttributes();
        var zpci = Describe([ZpciBytes.Base(), ZpciBytes.Group(), ZpciBytes.FunctionPath(new byte[4])])!;

        Assert.Equal(
            new ZpciDescription
            {
                IsMioEnabled = false,
                Driver = "vfio-pci",
                MaximumStoreBlockInBytes = 128,
                KernelStoreBlockInBytes = 128,
                FunctionId = 0x10,
                FunctionHandle = 0x8002_0000,
                Uid = 0x1,
                IsUidUnique = true,
                Index = 1,
                PhysicalChannelId = 0,
                Port = 2,
                VirtualFunctionNumber = 0,
                FunctionType = 0,
                GroupId = 0xff,
                FunctionParameters = 0x05,
                UtilityString = "OSA",
                FunctionPath = zpci.FunctionPath,
                DmaWindow = new IovaRange(new Iova(0x1_0000_0000), new Iova(0x1_3fff_ffff)),
                DmaAddressMask = 0,
                NeedsRefresh = true,
                MsiAddress = 0xfe00_0000_0000_0000,
                MaximumMsiCount = 128,
                MeasurementBlockLengthInBytes = 0,
                MeasurementIntervalInMilliseconds = 4000,
                PciVersion = 0,
                Problems = zpci.Problems,
            },
            zpci);
        Assert.Equal(new byte[4], zpci.FunctionPath);
        Assert.Empty(zpci.Problems);
    }

    [Fact]
    public void Without_VFIO_s_capabilities_sysfs_tells_what_it_has()
    {
        SetAttributes();
        var zpci = Describe([])!;

        Assert.Equal(0x8000_0010u, zpci.FunctionHandle);
        Assert.Equal((ushort)0x01f0, zpci.PhysicalChannelId);
        Assert.Equal((byte)0x05, zpci.FunctionType);
        Assert.Equal((byte)0x0a, zpci.GroupId);
        Assert.Equal((ushort)0x0012, zpci.VirtualFunctionNumber);
        Assert.Equal([1, 2, 3, 0xff], zpci.FunctionPath);
        Assert.Null(zpci.DmaWindow);
        Assert.Null(zpci.MaximumStoreBlockInBytes);
        Assert.Empty(zpci.Problems);
    }

    [Fact]
    public void Without_sysfs_VFIO_s_capabilities_tell_what_they_have()
    {
        var zpci = Describe([ZpciBytes.Base()])!;
        Assert.Equal(0x8002_0000u, zpci.FunctionHandle);
        Assert.Null(zpci.FunctionId);
        Assert.Null(zpci.IsMioEnabled);
        Assert.Empty(zpci.FunctionPath);
    }

    [Theory]
    [InlineData("mio_enabled", "2")]
    [InlineData("mio_enabled", "yes")]
    [InlineData("uid_is_unique", "-1")]
    [InlineData("pchid", "0x10000")]
    [InlineData("pchid", "1f0")]
    [InlineData("port", "256")]
    [InlineData("pfip/segment2", "0x100")]
    public void An_attribute_that_makes_no_sense_is_not_known(string attribute, string text)
    {
        SetAttributes();
        Set(attribute, text);
        var zpci = Describe([])!;
        object? value = attribute switch
        {
            "mio_enabled" => zpci.IsMioEnabled,
            "uid_is_unique" => zpci.IsUidUnique,
            "pchid" => zpci.PhysicalChannelId,
            "port" => zpci.Port,
            _ => zpci.FunctionPath.Count == 0 ? null : zpci.FunctionPath,
        };
        Assert.Null(value);
        Assert.Equal(0x10u, zpci.FunctionId);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(4104)]
    [InlineData(65535)]
    public void A_store_block_that_cannot_be_is_not_believed(ushort length)
    {
        var zpci = Describe([ZpciBytes.Group(functionStoreBlock: length)])!;
        Assert.Null(zpci.MaximumStoreBlockInBytes);
        Assert.Equal((ushort)128, zpci.KernelStoreBlockInBytes);
        Assert.Contains($"names {length} bytes as the longest block store", Assert.Single(zpci.Problems), StringComparison.Ordinal);
    }

    private ZpciDescription? Describe(IReadOnlyList<InfoCapability> capabilities) =>
        ZpciFunction.Describe(new SysfsTree(_sysfs.Root), Address, "vfio-pci", capabilities);

    private void Set(string attribute, string text) => _sysfs.Set($"bus/pci/devices/0001:00:00.0/{attribute}", text);

    // The kernel's formats (arch/s390/pci/pci_sysfs.c).
    private void SetAttributes()
    {
        Set("function_id", "0x00000010\n");
        Set("function_handle", "0x80000010\n");
        Set("pchid", "0x01f0\n");
        Set("pfgid", "0x0a\n");
        Set("pft", "0x05\n");
        Set("vfn", "0x0012\n");
        Set("port", "2\n");
        Set("fidparm", "0x05\n");
        Set("uid", "0x1\n");
        Set("uid_is_unique", "1\n");
        Set("index", "1\n");
        Set("mio_enabled", "0\n");
        Set("pfip/segment0", "0x01\n");
        Set("pfip/segment1", "0x02\n");
        Set("pfip/segment2", "0x03\n");
        Set("pfip/segment3", "0xff\n");
        var name = new byte[64];
        new byte[] { 0xd6, 0xe2, 0xc1 }.CopyTo(name, 0);
        File.WriteAllBytes(_sysfs.PathOf("bus/pci/devices/0001:00:00.0/util_string"), name);
    }
}
