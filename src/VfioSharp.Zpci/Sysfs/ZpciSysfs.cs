using System.Globalization;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Vfio;

namespace VfioSharp.Zpci.Sysfs;

/// <summary>
/// What /sys/bus/pci/devices/ADDRESS/ says of a function, as far as a user-space driver asks (drivers/pci/pci-sysfs.c,
/// arch/s390/pci/pci_sysfs.c).
/// </summary>
public sealed class ZpciSysfs
{
    // Every function's entries on s390, as recorded on Linux 6.12.
    private const string EntriesOfEveryFunction =
        "ari_enabled broken_parity_status class config consistent_dma_mask_bits device dma_mask_bits driver_override enable function_handle "
        + "function_id index iommu iommu_group irq link local_cpulist local_cpus mio_enabled modalias msi_bus pchid pfgid pfip pft port "
        + "power_state recover remove report_error rescan reset reset_method resource revision subsystem subsystem_device subsystem_vendor "
        + "uevent uid uid_is_unique util_string vendor vfn";

    private const int ResourceCount = 6;

    private readonly ZpciFunction _function;
    private readonly Dictionary<int, SysfsResourceFile> _files = [];

    internal ZpciSysfs(ZpciFunction function) => _function = function;

    /// <summary>The text attributes that say something particular, by name.</summary>
    public IReadOnlyDictionary<string, string> Attributes
    {
        get
        {
            var identity = _function.Device.Identity;
            return new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["vendor"] = Hex(identity.VendorId, 4),
                ["device"] = Hex(identity.DeviceId, 4),
                ["class"] = Hex(identity.Class.Value, 6),
                ["subsystem_vendor"] = Hex(identity.SubsystemVendorId, 4),
                ["subsystem_device"] = Hex(identity.SubsystemId, 4),
                ["revision"] = Hex(identity.RevisionId, 2),
                ["modalias"] = ModuleAlias,
                ["function_id"] = Hex(_function.FunctionId, 8),
                ["function_handle"] = Hex(_function.Handle, 8),
                ["pchid"] = Hex(0, 4),
                ["pfgid"] = Hex(ZpciFunction.GroupId, 2),
                ["pft"] = Hex(_function.FunctionType, 2),
                ["vfn"] = Hex(_function.VirtualFunctionNumber, 4),
                ["uid"] = Hex(_function.UserId, 1),
                ["uid_is_unique"] = "1",
                ["index"] = _function.UserId.ToString(CultureInfo.InvariantCulture),
                ["mio_enabled"] = _function.UsesMio ? "1" : "0",
                ["reset_method"] = VfioPciDevice.HasFunctionLevelReset(_function) ? "flr bus" : "bus",
            };
        }
    }

    /// <summary>The first six lines of the file "resource": start, end and flags of each BAR, zeros where there is none.</summary>
    public IReadOnlyList<string> ResourceLines
    {
        get
        {
            var lines = new string[ResourceCount];
            for (var i = 0; i < lines.Length; i++)
            {
                var bar = _function.FindBar(i);
                lines[i] = $"{Hex(bar?.Start ?? 0, 16)} {Hex(bar?.End ?? 0, 16)} {Hex(bar?.Flags ?? 0, 16)}";
            }

            return lines;
        }
    }

    /// <summary>The files resourceN and resourceN_wc, by name.</summary>
    public IReadOnlyList<string> ResourceFiles
    {
        get
        {
            if (!KernelRules.HasResourceFiles(_function.Host.Description.Kernel) || _function.HasNonMappableBars)
                return [];
            var names = new List<string>();
            foreach (var bar in _function.Bars)
            {
                names.Add($"resource{bar.Index}");
                if (SysfsResourceFile.CanCombine(bar))
                    names.Add($"resource{bar.Index}_wc");
            }

            return names;
        }
    }

    /// <summary>The names of all entries, sorted, but for the link of a driver.</summary>
    public IReadOnlyList<string> Entries
    {
        get
        {
            var kernel = _function.Host.Description.Kernel;
            var names = EntriesOfEveryFunction.Split(' ').Concat(ResourceFiles).ToList();
            // 99ad39306a62 "s390/pci: Expose FIDPARM attribute in sysfs" (Linux 6.13).
            if (kernel.IsAtLeast(6, 13))
                names.Add("fidparm");
            // The limits of AER's messages (drivers/pci/pcie/aer.c, Linux 6.16).
            if (kernel.IsAtLeast(6, 16))
                names.Add("aer");
            names.Sort(StringComparer.Ordinal);
            return names;
        }
    }

    /// <summary>open(2) of resourceN or resourceN_wc.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="file">The file, to be mapped.</param>
    /// <returns>0, or ENOENT where there is no such file.</returns>
    public KernelResult OpenResource(string name, out SysfsResourceFile? file)
    {
        file = null;
        ArgumentNullException.ThrowIfNull(name);
        if (!ResourceFiles.Contains(name))
            return Errno.ENOENT;
        var combines = name.EndsWith("_wc", StringComparison.Ordinal);
        var index = name["resource".Length] - '0';
        var key = index * 2 + (combines ? 1 : 0);
        if (!_files.TryGetValue(key, out file))
            _files.Add(key, file = new SysfsResourceFile(_function, _function.FindBar(index)!, combines));
        return KernelResult.Success;
    }

    /// <summary>
    /// The ioctl PCIIOC_MMAP_IS_MEM on /proc/bus/pci/DOMAIN:BUS/DEVICE.FUNCTION (drivers/pci/proc.c): s390 does not set HAVE_PCI_MMAP, and
    /// nothing can be mapped there.
    /// </summary>
    /// <returns>EINVAL.</returns>
    public static KernelResult SelectProcBusPciMemory() => Errno.EINVAL;

    private string ModuleAlias
    {
        get
        {
            var identity = _function.Device.Identity;
            var code = identity.Class.Value;
            return FormattableString.Invariant($"pci:v{identity.VendorId:X8}d{identity.DeviceId:X8}")
                + FormattableString.Invariant($"sv{identity.SubsystemVendorId:X8}sd{identity.SubsystemId:X8}")
                + FormattableString.Invariant($"bc{code >> 16:X2}sc{code >> 8 & 0xff:X2}i{code & 0xff:X2}");
        }
    }

    private static string Hex(ulong value, int digits) => "0x" + value.ToString($"x{digits}", CultureInfo.InvariantCulture);
}
