namespace VfioSharp.Regions;

// IBM Z: a mapped BAR is no memory there. Where the kernel uses MIO instructions, so do its system calls and the mapping that pread works on,
// for every function, whether it has MIO addresses or not (arch/s390/pci/pci_mmio.c and pci.c ask the static key have_mio and not the function).
internal static partial class AccessPlanner
{
    // Linux 888bd8322dfc replaced CONFIG_VFIO_PCI_MMAP, which s390 could not set.
    private static readonly KernelVersion FirstThatMaps = new(6, 15);

    private const string NoFunctionOfTheMachine = "The function is served by another process, and none that this machine's PCI instructions know.";

    private static string? FindLoadStoreObstacle(AccessQuestion question) => question.Host.LoadStoreObstacle
        ?? (question.Host.IsIbmZ ? "A mapped BAR is not memory on IBM Z: a load or store there is a program exception." : null);

    private static string? FindInstructionObstacle(AccessQuestion question)
    {
        var host = question.Host;
        if (!host.IsIbmZ)
            return "Only IBM Z has MIO instructions.";
        if (question.IsServed)
            return NoFunctionOfTheMachine;
        if (!host.HasMioInstructions)
        {
            return "MIO instructions are not switched on: the machine does not have them, or the kernel was told not to use them (pci=nomio); " +
                "bit 21 of AT_HWCAP is clear.";
        }

        if (question.IsLostToMio)
            return $"MIO instructions do not reach the function: {ExplainLost(question)}.";
        if (host.Instructions is null)
            return host.GuardObstacle ?? "The MIO instructions are machine code, and none could be placed in this process.";
        return question.PrefersSyscalls ? "System calls were preferred to MIO instructions." : null;
    }

    private static string? FindSyscallObstacle(AccessQuestion question)
    {
        if (question.IsServed && question.Host.IsIbmZ)
            return NoFunctionOfTheMachine;
        if (!question.Host.IsIbmZ || question.Host.Syscalls is null)
            return "Only IBM Z has the MMIO system calls.";
        return question.IsLostToMio
            ? $"The system calls use MIO instructions on this machine, and those do not reach the function: {ExplainLost(question)}."
            : null;
    }

    private static string? FindFileObstacle(AccessQuestion question) => question.IsBar && question.IsLostToMio && !question.IsServedByIsmDriver
        ? $"{question.Name} cannot be reached: this kernel reaches every function by MIO instructions, and {ExplainLost(question)}. " +
          "Through vfio-pci a small BAR would read all ones without an error and a large one would fail. " +
          "The driver ism_vfio_pci (Linux 7.1) reaches an ISM device; for others the kernel can be booted with pci=nomio."
        : null;

    private static string ExplainLost(AccessQuestion question) => question.Zpci?.IsMioEnabled is null
        ? "sysfs does not tell whether this one has MIO addresses (mio_enabled)"
        : "this one has no MIO addresses (mio_enabled is 0)";

    private static string ExplainMissingFlagOnIbmZ(AccessQuestion question)
    {
        if (question.IsServedByIsmDriver)
            return "The driver ism_vfio_pci maps nothing: it reaches the function by privileged instructions, one for each pread and pwrite.";
        if (question.IsIsm)
        {
            return $"{question.Name} belongs to an ISM device, whose BARs are not mappable by design: BAR0 spans 256 TiB, and only privileged " +
                "instructions reach the device.";
        }

        return ExplainOldKernel(question) ?? ExplainMissingFlag(question);
    }

    private static string? ExplainOldKernel(AccessQuestion question) =>
        KernelVersion.TryParseRelease(question.Host.KernelRelease, out var version) && version < FirstThatMaps
            ? $"This kernel is {question.Host.KernelRelease}; mapping BARs on IBM Z needs Linux {FirstThatMaps}."
            : null;

    private static string PraiseFileOnIbmZ(AccessQuestion question)
    {
        if (question.IsServedByIsmDriver)
            return $"Each access to {question.Name} is a pread or pwrite on the device's file; the driver ism_vfio_pci takes block stores only for writes (WriteBlock).";
        if (question.IsIsm && question.IsBar)
        {
            return $"{PraiseFile(question)} But vfio-pci cannot drive an ISM device: it makes register stores of its writes, which the device does not know, and from Linux 7.2 on " +
                "it answers ENODEV to every access. The driver ism_vfio_pci (Linux 7.1) makes block stores.";
        }

        return (question.Region.Flags & RegionFlags.Mmap) == 0 && !question.IsIsm && ExplainOldKernel(question) is { } explanation
            ? $"{PraiseFile(question)} {explanation}"
            : PraiseFile(question);
    }
}
