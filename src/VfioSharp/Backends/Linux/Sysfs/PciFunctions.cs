using System.Globalization;

namespace VfioSharp.Backends.Linux;

/// <summary>
/// The PCI functions of a machine and their IOMMU groups, read from sysfs anew on each call. Needs no privilege. Safe for several
/// threads; owns nothing.
/// </summary>
public sealed class PciFunctions
{
    private const string Devices = "bus/pci/devices";
    private const string Groups = "kernel/iommu_groups";

    /// <summary>The functions of a machine.</summary>
    /// <param name="sysfsRoot">Where its sysfs is mounted. Default: /sys.</param>
    public PciFunctions(string sysfsRoot = "/sys")
        : this(new SysfsTree(sysfsRoot))
    {
    }

    internal PciFunctions(SysfsTree sysfs) => Sysfs = sysfs;

    /// <summary>The folder that is read as sysfs.</summary>
    public string SysfsRoot => Sysfs.Root;

    /// <summary>Whether the machine has a PCI bus at all.</summary>
    public bool HasPci => Sysfs.DirectoryExists(Devices);

    internal SysfsTree Sysfs { get; }

    /// <summary>Lists the functions.</summary>
    /// <returns>Those that are there, in order of their addresses; none on a machine without PCI. One that vanishes meanwhile is left out.</returns>
    public IReadOnlyList<PciFunctionInfo> List()
    {
        var functions = new List<PciFunctionInfo>();
        foreach (var name in Sysfs.ListNames(Devices))
        {
            if (ParseAddress(name) is { } address && Find(address) is { } function)
                functions.Add(function);
        }

        // A domain can have more than four digits (VMD); then the longer text is the higher address.
        functions.Sort((left, right) =>
        {
            var (first, second) = (left.Address.Path, right.Address.Path);
            return first.Length != second.Length ? first.Length.CompareTo(second.Length) : string.CompareOrdinal(first, second);
        });
        return functions;
    }

    /// <summary>Looks a function up.</summary>
    /// <param name="address">Its address.</param>
    /// <returns>The function, or null where this machine has none of that address.</returns>
    public PciFunctionInfo? Find(DeviceAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Scheme != DeviceAddress.PciScheme)
            return null;

        var directory = DirectoryOf(address);
        if (!Sysfs.DirectoryExists(directory))
            return null;

        var function = Read(address, directory);
        return Sysfs.DirectoryExists(directory) ? function : null;
    }

    /// <summary>Looks an IOMMU group up.</summary>
    /// <param name="number">Its number.</param>
    /// <returns>The group with its members, or null where there is none of that number.</returns>
    public PciIommuGroup? FindGroup(int number)
    {
        var directory = string.Create(CultureInfo.InvariantCulture, $"{Groups}/{number}");
        if (!Sysfs.DirectoryExists(directory))
            return null;

        var members = new List<PciIommuGroupMember>();
        foreach (var name in Sysfs.ListNames($"{directory}/devices").OrderBy(name => name, StringComparer.Ordinal))
        {
            // Other buses have groups too (platform, fsl-mc); a group can mix them.
            var member = ParseAddress(name) is { } address && Find(address) is { } function
                ? new PciIommuGroupMember(name, function.DriverName, function.IsBoundToVfio)
                : ReadForeignMember($"{directory}/devices/{name}", name);
            members.Add(member);
        }

        return new PciIommuGroup(number, Sysfs.ReadText($"{directory}/name") == "vfio-noiommu", members);
    }

    /// <summary>The directory of a function, relative to the root.</summary>
    internal static string DirectoryOf(DeviceAddress address) => $"{Devices}/{address.Path}";

    private static DeviceAddress? ParseAddress(string? name) =>
        DeviceAddress.TryParse(name, out var address) && address.Scheme == DeviceAddress.PciScheme && address.Path == name ? address : null;

    private PciIommuGroupMember ReadForeignMember(string directory, string name)
    {
        var driver = Sysfs.ReadLinkName($"{directory}/driver");
        return new PciIommuGroupMember(name, driver, driver is not null && driver.StartsWith("vfio", StringComparison.Ordinal));
    }

    private PciFunctionInfo Read(DeviceAddress address, string directory)
    {
        var vfioDevice = Sysfs.ListNames($"{directory}/vfio-dev").FirstOrDefault(IsVfioDeviceName);
        return new PciFunctionInfo
        {
            Address = address,
            VendorId = (ushort?)Sysfs.ReadHex($"{directory}/vendor", ushort.MaxValue),
            DeviceId = (ushort?)Sysfs.ReadHex($"{directory}/device", ushort.MaxValue),
            SubsystemVendorId = (ushort?)Sysfs.ReadHex($"{directory}/subsystem_vendor", ushort.MaxValue),
            SubsystemDeviceId = (ushort?)Sysfs.ReadHex($"{directory}/subsystem_device", ushort.MaxValue),
            ClassCode = Sysfs.ReadHex($"{directory}/class", 0xff_ffff),
            Revision = (byte?)Sysfs.ReadHex($"{directory}/revision", byte.MaxValue),
            DriverName = Sysfs.ReadLinkName($"{directory}/driver"),
            DriverOverride = Sysfs.ReadText($"{directory}/driver_override") is { } name and not ("" or "(null)") ? name : null,
            IommuGroup = int.TryParse(
                Sysfs.ReadLinkName($"{directory}/iommu_group"), NumberStyles.None, CultureInfo.InvariantCulture, out var group) ? group : null,
            Resources = PciResource.Parse(Sysfs.ReadText($"{directory}/resource")),
            VfioDeviceName = vfioDevice,
            HasVfioCharacterDevice = vfioDevice is not null && Sysfs.FileExists($"{directory}/vfio-dev/{vfioDevice}/dev"),
            PhysicalFunction = ParseAddress(Sysfs.ReadLinkName($"{directory}/physfn")),
            NumaNode = Sysfs.ReadNumber($"{directory}/numa_node"),
            IsEnabled = Sysfs.ReadNumber($"{directory}/enable") is { } count ? count != 0 : null,
            ResetMethods = Sysfs.ReadText($"{directory}/reset_method") is { } methods and not ""
                ? methods.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                : null,
            IsBootVga = Sysfs.ReadNumber($"{directory}/boot_vga") is { } isBoot ? isBoot != 0 : null,
        };
    }

    private static bool IsVfioDeviceName(string name) =>
        name.StartsWith("vfio", StringComparison.Ordinal) && name.Length is > 4 and <= 14 && name.Skip(4).All(char.IsAsciiDigit);
}
