using VfioSharp.Backends;
using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Regions;

/// <summary>
/// What a failed access means, which depends on the way that it took and on the machine: Linux answers one cause with different numbers
/// with and without MIO (arch/s390/pci/pci_mmio.c).
/// </summary>
internal static class AccessFaults
{
    private const string OutOfReach =
        "memory decoding is off (command register, bit 1), the function is in reset, in D3 or gone, or the memory behind the mapping was cut off.";

    private const string DecodingOff = "memory decoding is off (command register, bit 1), or the function is in reset, in D3 or gone.";

    /// <summary>Says what may be the cause.</summary>
    /// <param name="outcome">How the access ended.</param>
    /// <param name="path">The way that it took.</param>
    /// <param name="host">The host of the mapping.</param>
    /// <returns>A sentence, or null where there is nothing to say beyond the error number.</returns>
    public static string? Explain(AccessOutcome outcome, AccessPath path, DeviceHost host) => (path, outcome.Kind) switch
    {
        (_, AccessFaultKind.ErrorState) => "the function is in error state, or gone: whatever is read of it is all ones. Reset() the device to use it again.",
        (_, AccessFaultKind.ErrorRecovered) =>
            "the function reported an error and answered all ones; it answers again since. Set up what it may have lost, and read the register again.",
        (AccessPath.LoadStore, _) => OutOfReach,
        (_, AccessFaultKind.Signal) => ExplainSignal(outcome.Code),
        (_, AccessFaultKind.ConditionCode) => ExplainConditionCode(outcome, path),
        (AccessPath.MmioSyscall, _) => host.HasMioInstructions ? ExplainSyscallOverMio(outcome.Errno) : ExplainSyscall(outcome.Errno),
        (AccessPath.RegionFile, _) => ExplainFile(outcome.Errno, host),
        _ => null,
    };

    /// <summary>The cause in a word, for a metric's tag: "ENXIO", "condition code 1", "SIGBUS". Makes no new string.</summary>
    /// <param name="outcome">How the access ended.</param>
    public static string NameCause(AccessOutcome outcome) => (outcome.Kind, outcome.Code) switch
    {
        (AccessFaultKind.Signal, Libc.SIGBUS) => "SIGBUS",
        (AccessFaultKind.Signal, Libc.SIGSEGV) => "SIGSEGV",
        (AccessFaultKind.Signal, Libc.SIGILL) => "SIGILL",
        (AccessFaultKind.Signal, _) => "signal",
        (AccessFaultKind.ErrorState, _) => "error state",
        (AccessFaultKind.ErrorRecovered, _) => "error recovered",
        (AccessFaultKind.ConditionCode, 1) => "condition code 1",
        (AccessFaultKind.ConditionCode, 2) => "condition code 2",
        (AccessFaultKind.ConditionCode, _) => "condition code 3",
        (_, (int)Errno.EIO) => nameof(Errno.EIO),
        (_, (int)Errno.ENXIO) => nameof(Errno.ENXIO),
        (_, (int)Errno.ENOMEM) => nameof(Errno.ENOMEM),
        (_, (int)Errno.EACCES) => nameof(Errno.EACCES),
        (_, (int)Errno.EFAULT) => nameof(Errno.EFAULT),
        (_, (int)Errno.ENODEV) => nameof(Errno.ENODEV),
        (_, (int)Errno.EINVAL) => nameof(Errno.EINVAL),
        (_, (int)Errno.ECONNRESET) => nameof(Errno.ECONNRESET),
        (_, (int)Errno.ETIMEDOUT) => nameof(Errno.ETIMEDOUT),
        (_, (int)Errno.EPROTO) => nameof(Errno.EPROTO),
        _ => "errno",
    };

    private static string ExplainSignal(int signal) => signal switch
    {
        Libc.SIGBUS => DecodingOff,
        Libc.SIGSEGV => "nothing is mapped there any more, or the mapping does not allow the access.",
        Libc.SIGILL =>
            "the machine does not take the instruction there: the function has no access of this width at this offset, the address is none of PCI, or " +
            "PCI is switched off (pci=off).",
        _ => DecodingOff,
    };

    private static string ExplainConditionCode(AccessOutcome outcome, AccessPath path) => outcome.Code switch
    {
        1 when path == AccessPath.MioInstruction =>
            $"the function answered with an error: condition code 1, status {outcome.Status} ({MioStatus.Describe(outcome.Status)}).",
        1 => "the function answered with an error: condition code 1. It is in error state, for instance, until it is reset.",
        2 when path == AccessPath.MioInstruction => $"the function was busy: condition code 2, {MioInstructionAccessor.MaximumTries} times.",
        2 => "the function was busy, condition code 2; the access can be tried again.",
        _ => "the machine knows no such function any more: condition code 3. It was reset, switched off or removed.",
    };

    // Without MIO the kernel looks up the page first and executes a privileged instruction then.
    private static string? ExplainSyscall(Errno errno) => errno switch
    {
        Errno.EINVAL => "the kernel found no page of the BAR there: memory decoding is off (command register, bit 1), or the function is in reset, in D3 or gone.",
        Errno.EACCES => "the mapping does not allow the access.",
        Errno.EFAULT => "what is mapped there is no BAR.",
        Errno.EIO => "the function answered with an error: it is in error state until it is reset, or was switched off or removed.",
        Errno.ENXIO => "the machine does not take an access of this width at this offset.",
        Errno.ENODEV => "PCI is switched off in this kernel (pci=off).",
        _ => null,
    };

    // With MIO the kernel executes the instruction on the program's own address; whatever exception that raises becomes ENXIO.
    private static string? ExplainSyscallOverMio(Errno errno) => errno switch
    {
        Errno.ENXIO =>
            "memory decoding is off (command register, bit 1), the function is in reset, in D3 or gone, the mapping does not allow the access, or the " +
            "machine takes none of this width at this offset.",
        Errno.EINVAL => "the kernel takes no access of this length there.",
        Errno.EFAULT => "the kernel could not hand over the value.",
        Errno.ENODEV => "PCI is switched off in this kernel (pci=off).",
        _ => null,
    };

    private static string? ExplainFile(Errno errno, DeviceHost host) => errno switch
    {
        Errno.EIO => DecodingOff,
        Errno.ENXIO when host.IsIbmZ => "the machine does not take an access of this length at this offset.",
        Errno.ENODEV when host.IsIbmZ => "the driver vfio-pci of this kernel cannot reach it, though it says that it can; the driver ism_vfio_pci (Linux 7.1) can.",
        Errno.ENOMEM when host.IsIbmZ =>
            "the kernel could not map the BAR for itself: it is too large, as the 256 TiB of an ISM device are. The driver ism_vfio_pci (Linux 7.1) can reach it.",
        _ => null,
    };
}
