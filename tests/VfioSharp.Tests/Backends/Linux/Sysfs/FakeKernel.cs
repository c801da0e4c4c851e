using VfioSharp.Backends.Linux;

namespace VfioSharp.Tests.Backends.Linux.Sysfs;

/// <summary>A fake tree that does what the kernel does when driver_override, unbind and drivers_probe are written.</summary>
internal sealed class FakeKernel(FakeSysfs tree) : SysfsTree(tree.Root)
{
    /// <summary>The driver that takes a function which no override reserves, or null.</summary>
    public string? NativeDriver { get; init; }

    /// <summary>Whether vfio-pci's probe fails.</summary>
    public bool VfioRefuses { get; init; }

    /// <summary>Answers a write instead of doing it, or null to do it.</summary>
    public Func<string, Errno?>? Refuse { get; init; }

    public List<string> Writes { get; } = [];

    public override Errno Write(string file, string text)
    {
        Writes.Add($"{file}={text}");
        if (Refuse?.Invoke(file) is { } refusal)
            return refusal;

        if (file.EndsWith("/unbind", StringComparison.Ordinal))
        {
            File.Delete(FullPath(file[..^"/unbind".Length]));
            return Errno.None;
        }

        if (file.EndsWith("drivers_probe", StringComparison.Ordinal))
        {
            Probe(text);
            return Errno.None;
        }

        // The kernel shows a cleared override as "(null)".
        File.WriteAllText(FullPath(file), text == "\n" ? "(null)\n" : text);
        return Errno.None;
    }

    private void Probe(string address)
    {
        if (File.Exists(FullPath($"bus/pci/devices/{address}/driver")) || Directory.Exists(FullPath($"bus/pci/devices/{address}/driver")))
            return;

        var reserved = ReadText($"bus/pci/devices/{address}/driver_override");
        var driver = reserved is null or "(null)" ? NativeDriver : reserved;
        if (driver is not null && !(driver == "vfio-pci" && VfioRefuses))
            tree.BindTo(address, driver);
    }
}
