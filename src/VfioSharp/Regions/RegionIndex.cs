namespace VfioSharp.Regions;

/// <summary>The regions of a PCI function in the order that VFIO numbers them (include/uapi/linux/vfio.h, VFIO_PCI_BAR0_REGION_INDEX ff.).</summary>
/// <remarks>Indices from 9 on are regions particular to a device; they have a number and no name here.</remarks>
public enum RegionIndex
{
    /// <summary>Base address register 0.</summary>
    Bar0 = 0,
    /// <summary>Base address register 1.</summary>
    Bar1 = 1,
    /// <summary>Base address register 2.</summary>
    Bar2 = 2,
    /// <summary>Base address register 3.</summary>
    Bar3 = 3,
    /// <summary>Base address register 4.</summary>
    Bar4 = 4,
    /// <summary>Base address register 5.</summary>
    Bar5 = 5,
    /// <summary>The expansion ROM.</summary>
    Rom = 6,
    /// <summary>Configuration space.</summary>
    Config = 7,
    /// <summary>The legacy VGA ranges.</summary>
    Vga = 8,
}
