namespace VfioSharp.Backends.Linux;

/// <summary>Which drivers leave DMA alone, so that the IOMMU group of their device can be handed to user space.</summary>
internal static class PciDrivers
{
    /// <summary>The driver that takes any function.</summary>
    public const string VfioPci = "vfio-pci";

    /// <summary>
    /// Whether a driver is VFIO's by its name. Drivers of drivers/vfio/pci are named after their modules, where the kernel's build turns
    /// "-" into "_".
    /// </summary>
    public static bool IsNamedVfio(string driver) =>
        driver.EndsWith("vfio-pci", StringComparison.Ordinal) || driver.EndsWith("vfio_pci", StringComparison.Ordinal);

    /// <summary>
    /// Whether a driver that is not VFIO's may stay in a group that user space takes: those that set driver_managed_dma
    /// (drivers/pci/pci-stub.c, drivers/pci/pcie/portdrv.c).
    /// </summary>
    public static bool IsHarmless(string driver) => driver is "pci-stub" or "pcieport";
}
