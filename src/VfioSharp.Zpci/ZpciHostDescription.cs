using VfioSharp.Zpci.Kernel;

namespace VfioSharp.Zpci;

/// <summary>How the kernel of a host drives PCI.</summary>
public enum ZpciMode
{
    /// <summary>With the MIO instructions: the machine has facility 153 and the kernel uses it (HWCAP bit 21 is set).</summary>
    Mio,
    /// <summary>With function handles: a machine without facility 153, or "pci=nomio" on the kernel's command line.</summary>
    Nomio,
    /// <summary>Not at all: "pci=off".</summary>
    Off,
}

/// <summary>How vfio-pci finds out that a BAR cannot be mapped.</summary>
public enum FitRule
{
    /// <summary>It does not: the attempt fails when the kernel maps the BAR for itself.</summary>
    None,
    /// <summary>
    /// By its size: a BAR that is larger than the kernel's window for I/O is not offered (version 3 of the series, never merged).
    /// </summary>
    Size,
    /// <summary>By a flag of the device that a quirk sets: pdev->non_mappable_bars (Linux 6.15).</summary>
    Flag,
}

/// <summary>
/// A host as a person names it: "linux-6.12,nomio". The kernel decides what else holds; each of the three parts of the patch series that made
/// BARs mappable on s390 can be switched by itself, so that one can see what breaks without it. Immutable.
/// </summary>
public sealed partial record ZpciHostDescription
{
    private ZpciHostDescription(KernelVersion kernel, ZpciMode mode)
    {
        Kernel = kernel;
        Mode = mode;
        FaultsIn = KernelRules.HasFaultFix(kernel);
        Fit = kernel.IsAtLeast(6, 15) ? FitRule.Flag : FitRule.None;
        AllowsMmap = kernel.IsAtLeast(6, 15);
    }

    /// <summary>The kernel's version.</summary>
    public KernelVersion Kernel { get; }

    /// <summary>How it drives PCI.</summary>
    public ZpciMode Mode { get; }

    /// <summary>
    /// Whether the MMIO system calls fault a page in that is not there yet, and read with the permission to read (41a0926e82f4: Linux 6.15,
    /// 6.14.3, 6.13.12, 6.12.24).
    /// </summary>
    public bool FaultsIn { get; private init; }

    /// <summary>How a BAR that cannot be mapped is found out (888bd8322dfc and aa9f168d55dc: Linux 6.15).</summary>
    public FitRule Fit { get; private init; }

    /// <summary>Whether vfio-pci maps BARs on s390 at all (888bd8322dfc: Linux 6.15; CONFIG_VFIO_PCI_MMAP before).</summary>
    public bool AllowsMmap { get; private init; }

    /// <summary>The driver that functions are bound to, where it was said: "vfio-pci" or "ism_vfio_pci"; null for vfio-pci.</summary>
    public string? Driver { get; private init; }
}
