namespace VfioSharp.Zpci;

/// <summary>What is known of a function because it hangs on an IBM Z: what no other machine's PCI function has. Immutable.</summary>
public sealed record ZpciDescription
{
    /// <summary>
    /// Whether MIO instructions reach this function (the attribute mio_enabled in sysfs: the machine has them and the function has MIO
    /// addresses; arch/s390/pci/pci_sysfs.c). Null where it is not known.
    /// </summary>
    public bool? IsMioEnabled { get; init; }

    /// <summary>The kernel driver that hands the function out: "vfio-pci", "ism_vfio_pci". Null where it is not known.</summary>
    public string? Driver { get; init; }

    /// <summary>
    /// How many bytes one block store to this function may have (zPCI's maxstbl), at most 4096. Null where it is not known: 128 holds everywhere.
    /// </summary>
    public ushort? MaximumStoreBlockInBytes { get; init; }
}
