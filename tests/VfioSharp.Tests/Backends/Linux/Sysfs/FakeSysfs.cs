using System.Globalization;

namespace VfioSharp.Tests.Backends.Linux.Sysfs;

/// <summary>A folder laid out like sysfs, deleted at the end. Devices are plain folders where the kernel has links to them.</summary>
internal sealed class FakeSysfs : IDisposable
{
    public FakeSysfs()
    {
        Root = Directory.CreateTempSubdirectory("vfiosharp-sysfs-").FullName;
        Directory.CreateDirectory(PathOf("bus/pci/devices"));
        Directory.CreateDirectory(PathOf("bus/pci/drivers"));
        Set("bus/pci/drivers_probe", "");
    }

    public string Root { get; }

    public string PathOf(string relative) => Path.Combine(Root, relative);

    public void Set(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
        File.WriteAllText(PathOf(file), text);
    }

    public void Link(string link, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(link))!);
        File.CreateSymbolicLink(PathOf(link), PathOf(target));
    }

    public void AddDriver(string name)
    {
        Directory.CreateDirectory(PathOf($"bus/pci/drivers/{name}"));
        Set($"bus/pci/drivers/{name}/unbind", "");
    }

    /// <summary>Adds an NVMe controller, or what the arguments say.</summary>
    public void AddFunction(string address, string? driver = null, int? group = null, string classCode = "0x010802", string? resource = null)
    {
        var directory = $"bus/pci/devices/{address}";
        Set($"{directory}/vendor", "0x1b36\n");
        Set($"{directory}/device", "0x0010\n");
        Set($"{directory}/subsystem_vendor", "0x1af4\n");
        Set($"{directory}/subsystem_device", "0x1100\n");
        Set($"{directory}/class", classCode + "\n");
        Set($"{directory}/revision", "0x02\n");
        Set($"{directory}/numa_node", "-1\n");
        Set($"{directory}/enable", "0\n");
        Set($"{directory}/driver_override", "(null)\n");
        Set($"{directory}/resource", resource ?? Line(0xfebd_0000, 0xfebd_3fff, 0x140204));
        if (driver is not null)
            BindTo(address, driver);
        if (group is { } number)
        {
            var name = number.ToString(CultureInfo.InvariantCulture);
            Directory.CreateDirectory(PathOf($"kernel/iommu_groups/{name}/devices"));
            Link($"{directory}/iommu_group", $"kernel/iommu_groups/{name}");
            Link($"kernel/iommu_groups/{name}/devices/{address}", directory);
        }
    }

    public void BindTo(string address, string driver)
    {
        AddDriver(driver);
        Link($"bus/pci/devices/{address}/driver", $"bus/pci/drivers/{driver}");
    }

    public static string Line(ulong start, ulong end, ulong flags) =>
        string.Create(CultureInfo.InvariantCulture, $"0x{start:x16} 0x{end:x16} 0x{flags:x16}\n");

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
