using System.Globalization;
using VfioSharp.Backends.Linux;
using VfioSharp.Native;

namespace VfioSharp.InGuest.Recording;

/// <summary>A function as sysfs shows it, spelled as the recordings spell it.</summary>
internal sealed class RecordedSysfs(string address)
{
    private int _resource;

    private string Folder => $"/sys/bus/pci/devices/{address}";

    /// <summary>The text file `resource`, whose length sysfs gives as a page, and the files of BARs, with their lengths.</summary>
    public string ResourceFiles() => string.Concat(new DirectoryInfo(Folder).GetFiles("resource*")
        .OrderBy(file => file.Name, StringComparer.Ordinal)
        .Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.Name};")));

    /// <summary>The next line of the file `resource`.</summary>
    public string NextResource() => File.ReadAllLines($"{Folder}/resource")[_resource++];

    public string Attributes(params string[] names) =>
        $"{Attribute("vendor")}:{Attribute("device")} class {Attribute("class")} mio_enabled={Attribute("mio_enabled")} pft={Attribute("pft")} "
        + string.Join(" ", names.Select(name => $"{name}={Attribute(name switch { "fid" => "function_id", "fh" => "function_handle", _ => name })}"));

    /// <summary>The driver that has the function.</summary>
    public string Driver
    {
        get
        {
            Assert.True(DeviceAddress.TryParse(address, out var parsed));
            return new PciFunctions().Find(parsed)?.DriverName ?? "none";
        }
    }

    /// <summary>Opens a BAR's file; answers with the error.</summary>
    public FileDescriptor OpenResource(string name, out string errno)
    {
        var file = Libc.open($"{Folder}/{name}", Libc.O_RDWR | Libc.O_CLOEXEC);
        errno = file.IsInvalid ? Libc.LastErrno.ToString() : "ok";
        return file;
    }

    private string Attribute(string name) => File.ReadAllText($"{Folder}/{name}").Trim();
}
