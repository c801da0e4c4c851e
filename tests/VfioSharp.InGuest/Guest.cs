using System.Collections;
using VfioSharp.Backends;
using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>The guest's devices: their addresses come from the environment that guest/run sets.</summary>
internal static class Guest
{
    private const string VariablePrefix = "VFIO_";

    /// <summary>The addresses of all devices of this guest.</summary>
    public static IReadOnlyList<string> Addresses { get; } =
        [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(variable => ((string)variable.Key).StartsWith(VariablePrefix, StringComparison.Ordinal))
            .Select(variable => (string)variable.Value!)
            .OrderBy(address => address, StringComparer.Ordinal)];

    /// <summary>
    /// The path that a BAR of a device of this guest has to be reached by: on IBM Z, whose kernels map no BAR before 6.15, MIO instructions where the
    /// machine has them and system calls where not; loads and stores elsewhere.
    /// </summary>
    public static AccessPath FastestPath { get; } = !IsIbmZ ? AccessPath.LoadStore
        : !Kernel.IsAtLeast(6, 15) ? AccessPath.RegionFile
        : HasMio ? AccessPath.MioInstruction : AccessPath.MmioSyscall;

    /// <summary>Whether this guest is an IBM Z.</summary>
    public static bool IsIbmZ => HostMachine.Name == "s390x";

    /// <summary>
    /// Whether this guest's kernel uses MIO instructions, as it says to people and not in the way that the library asks it (arch/s390/kernel/processor.c).
    /// </summary>
    public static bool HasMio => IsIbmZ && File.ReadLines("/proc/cpuinfo").Any(line =>
        line.StartsWith("features", StringComparison.Ordinal) && line.Split([' ', '\t']).Contains("pcimio"));

    /// <summary>Whether this guest's kernel brings a function of IBM Z that VFIO holds out of its error state: 6.12 does not, 7.2 does.</summary>
    public static bool RecoversFunctions => Kernel.IsAtLeast(7, 0);

    /// <summary>Whether this guest's kernel has iommufd.</summary>
    public static bool HasIommufd => File.Exists("/dev/iommu");

    private static KernelVersion Kernel => KernelVersion.TryParseRelease(DeviceHost.Local.KernelRelease, out var version)
        ? version
        : throw new InvalidOperationException($"'{DeviceHost.Local.KernelRelease}' is no release of a kernel.");

    /// <summary>Whether this guest has a device.</summary>
    /// <param name="device">QEMU's name of the device.</param>
    public static bool Has(string device) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(VariableOf(device)));

    /// <summary>The address of a device of this guest; the test is skipped where the guest has none.</summary>
    /// <param name="device">QEMU's name of the device: "nvme", "ivshmem-plain".</param>
    public static string AddressOf(string device)
    {
        var variable = VariableOf(device);
        var address = Environment.GetEnvironmentVariable(variable);
        Assert.SkipWhen(string.IsNullOrEmpty(address), $"this guest has no {device} ({variable} is not set)");
        return address!;
    }

    /// <summary>Opens a device of this guest the way that its kernel offers.</summary>
    /// <param name="device">QEMU's name of the device.</param>
    /// <param name="options">How.</param>
    public static VfioDevice Open(string device, VfioOptions? options = null) => VfioDevice.Open(AddressOf(device), options);

    /// <summary>Has IBM Z set a function up anew, and hands it to vfio-pci again.</summary>
    /// <param name="device">QEMU's name of the device; nobody has it open.</param>
    public static void Recover(string device)
    {
        var address = AddressOf(device);
        var folder = $"/sys/bus/pci/devices/{address}";
        // Written until Linux has taken the function away and found it again.
        File.WriteAllText($"{folder}/recover", "1");
        File.WriteAllText($"{folder}/driver_override", "vfio-pci");
        File.WriteAllText("/sys/bus/pci/drivers_probe", address);
        Assert.True(Directory.Exists($"/sys/bus/pci/drivers/vfio-pci/{address}"), $"{address} did not come back to vfio-pci");
    }

    private static string VariableOf(string device) => VariablePrefix + device.ToUpperInvariant().Replace('-', '_');
}
