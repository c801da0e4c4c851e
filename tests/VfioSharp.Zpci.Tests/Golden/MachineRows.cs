using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.Zpci.Sysfs;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>Lines about the machine and about the function as sysfs shows it, which several dialects have in common.</summary>
internal sealed class MachineRows(RecorderProcess p)
{
    private int _resource;

    /// <summary>Adds the operations to a dialect.</summary>
    public void AddTo(Action<string, Func<Match, string>> on)
    {
        on("cpu facilities153=", _ => p.Host.HasMioFacility ? "1" : "0");
        on(@"sys HWCAP: ", _ => string.Create(CultureInfo.InvariantCulture, $"0x{p.Host.Hwcap:x} PCI_MIO(bit21)={MioBit()}"));
        on("mt hwcap: ", _ => string.Create(CultureInfo.InvariantCulture, $"0x{p.Host.Hwcap:x} PCI_MIO={MioBit()}"));
        on("sysfs 0001:00:00.0 resource files: ", _ => ResourceFiles());
        on("sysfs 0001:00:00.0 resource ", _ => Sysfs.ResourceLines[_resource++ % Sysfs.ResourceLines.Count]);
        on("sysfs 0001:00:00.0 all: ", _ => string.Join(' ', Sysfs.Entries) + " ");
        on("procfs PCIIOC_MMAP_IS_MEM ", _ => RecorderText.Full(ZpciSysfs.SelectProcBusPciMemory()));
        on("sysfs 0001:00:00.0 (?=0x.* fid=)", _ => Attributes("pchid", "pfgid", "uid", "fid", "reset_method", "modalias"));
        on("sysfs 0001:00:00.0 (?=0x)", _ => Attributes("uid", "fh", "reset_method"));
    }

    private ZpciSysfs Sysfs => p.Function.Sysfs;

    private string MioBit() => (p.Host.Hwcap & ZpciHost.HwcapPciMio) != 0 ? "1" : "0";

    // The text file `resource`, whose size sysfs gives as a page, is always there.
    private string ResourceFiles() => "4096 resource;" + string.Concat(Sysfs.ResourceFiles
        .Select(name => string.Create(CultureInfo.InvariantCulture, $"{p.OpenResourceFile(name)!.SizeInBytes} {name};")));

    // The programs shortened two of the names.
    private string Attributes(params string[] names)
    {
        var all = Sysfs.Attributes;
        return $"{all["vendor"]}:{all["device"]} class {all["class"]} mio_enabled={all["mio_enabled"]} pft={all["pft"]} "
            + string.Join(' ', names.Select(name => $"{name}={all[name switch { "fid" => "function_id", "fh" => "function_handle", _ => name }]}"));
    }
}
