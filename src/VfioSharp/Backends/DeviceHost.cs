using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Backends;

/// <summary>What the host on which a function's mappings live can do with them: this process's machine, or a modelled one. Immutable.</summary>
/// <param name="Architecture">The machine as uname(2) names it: "x86_64", "aarch64", "s390x".</param>
/// <param name="KernelRelease">The kernel's release as uname(2) tells it: "6.12.107+deb13-s390x". Empty where it is not known.</param>
/// <param name="PageSizeInBytes">The page size, a power of two.</param>
/// <param name="HasMioInstructions">
/// Whether IBM Z's MIO instructions are switched on (AT_HWCAP bit 21, which pci=nomio hides). Not every function can be reached by them.
/// </param>
/// <param name="LoadStoreObstacle">Why no load or store may be made on a mapping, as a sentence; null where it may.</param>
/// <param name="GuardObstacle">Why loads, stores and instructions are not guarded against faults, as a sentence; null where they are.</param>
/// <param name="Syscalls">IBM Z's MMIO system calls; null on other machines.</param>
/// <param name="Instructions">IBM Z's MIO instructions; null where the host has none.</param>
public sealed record DeviceHost(
    string Architecture,
    string KernelRelease,
    ulong PageSizeInBytes,
    bool HasMioInstructions,
    string? LoadStoreObstacle,
    string? GuardObstacle,
    MmioSyscalls? Syscalls,
    MioInstructions? Instructions)
{
    /// <summary>uname's name of an IBM Z.</summary>
    internal const string IbmZ = "s390x";

    /// <summary>The machine and the kernel that this process runs on, found out once.</summary>
    public static DeviceHost Local { get; } = FindLocal();

    /// <summary>Whether the host is an IBM Z, where a mapped BAR is no memory.</summary>
    internal bool IsIbmZ => Architecture == IbmZ;

    private static DeviceHost FindLocal()
    {
        var isIbmZ = HostMachine.Name == IbmZ;
        var hasMio = isIbmZ && (Libc.getauxval(Libc.AT_HWCAP) & Libc.HWCAP_S390_PCI_MIO) != 0;
        string? whyNoInstructions = null;
        var instructions = hasMio ? MachineMioInstructions.TryPlace(out whyNoInstructions) : null;
        return new DeviceHost(
            HostMachine.Name,
            ReadKernelRelease(),
            (ulong)Environment.SystemPageSize,
            hasMio,
            MmioSupport.HasLoadStore ? null : MmioSupport.Description,
            isIbmZ ? whyNoInstructions : MmioSupport.IsGuarded ? null : MmioSupport.Description,
            isIbmZ ? new LinuxMmioSyscalls() : null,
            instructions);
    }

    private static unsafe string ReadKernelRelease()
    {
        Libc.SystemName name;
        return Libc.uname(&name) == 0 ? new string((sbyte*)name.Release) : string.Empty;
    }
}
