using VfioSharp.Dma;

namespace VfioSharp.IbmZ;

/// <summary>
/// What is known of a function because it hangs on an IBM Z: what no other machine's PCI function has. On Linux it comes from the
/// capabilities of VFIO's device information (include/uapi/linux/vfio_zdev.h), which a kernel without CONFIG_VFIO_PCI_ZDEV_KVM lacks, and
/// from sysfs (arch/s390/pci/pci_sysfs.c); where both tell the same thing VFIO's word counts. What neither tells is null. Immutable.
/// </summary>
public sealed record ZpciDescription
{
    /// <summary>The driver that reaches ISM devices by function handle (drivers/vfio/pci/ism), as sysfs spells it.</summary>
    internal const string IsmDriver = "ism_vfio_pci";

    /// <summary>
    /// Whether MIO instructions reach this function (the attribute mio_enabled in sysfs: the machine has them and the function has MIO
    /// addresses; arch/s390/pci/pci_sysfs.c). Null where it is not known.
    /// </summary>
    public bool? IsMioEnabled { get; init; }

    /// <summary>The kernel driver that hands the function out: "vfio-pci", "ism_vfio_pci". Null where it is not known.</summary>
    public string? Driver { get; init; }

    /// <summary>
    /// How many bytes one block store to this function may have (zPCI's maxstbl; imaxstbl of VFIO), a multiple of 8 and at most 4096. Null
    /// where it is not known: 128 holds everywhere.
    /// </summary>
    public ushort? MaximumStoreBlockInBytes { get; init; }

    /// <summary>The longest block that the kernel stores for user space, in its system calls (maxstbl of VFIO: 128).</summary>
    public ushort? KernelStoreBlockInBytes { get; init; }

    /// <summary>The function's number in the machine's configuration (FID).</summary>
    public uint? FunctionId { get; init; }

    /// <summary>The handle by which instructions name the function (FH). It changes when the function is switched on or off.</summary>
    public uint? FunctionHandle { get; init; }

    /// <summary>The number that the user gave the function (UID); where it is unique it is the PCI domain.</summary>
    public uint? Uid { get; init; }

    /// <summary>Whether the machine sees to it that no two functions have the same <see cref="Uid"/>.</summary>
    public bool? IsUidUnique { get; init; }

    /// <summary>The number that network interfaces are named by; null where the UID is not unique.</summary>
    public uint? Index { get; init; }

    /// <summary>The physical channel (PCHID).</summary>
    public ushort? PhysicalChannelId { get; init; }

    /// <summary>The adapter's port.</summary>
    public byte? Port { get; init; }

    /// <summary>The number of the virtual function (VFN); 0 for a physical one.</summary>
    public ushort? VirtualFunctionNumber { get; init; }

    /// <summary>The kind of function (PFT): 5 is ISM.</summary>
    public byte? FunctionType { get; init; }

    /// <summary>The group of functions that it belongs to (PFGID).</summary>
    public byte? GroupId { get; init; }

    /// <summary>The parameters that the machine's configuration gives the function, as bits.</summary>
    public byte? FunctionParameters { get; init; }

    /// <summary>The device's name in the firmware, converted from EBCDIC; null where it is empty, too.</summary>
    public string? UtilityString { get; init; }

    /// <summary>The function's path in the machine (PFIP): four segments, or none where it is not known.</summary>
    public IReadOnlyList<byte> FunctionPath { get; init; } = [];

    /// <summary>
    /// The IOVAs that the function may use (start_dma to end_dma). <see cref="DmaSpace.Ranges"/> keeps within it by itself.
    /// </summary>
    public IovaRange? DmaWindow { get; init; }

    /// <summary>The DMA address space mask of the function's group (DASM).</summary>
    public ulong? DmaAddressMask { get; init; }

    /// <summary>Whether the I/O translation is refreshed after a mapping, which the kernel sees to.</summary>
    public bool? NeedsRefresh { get; init; }

    /// <summary>Where the function's interrupt messages go.</summary>
    public ulong? MsiAddress { get; init; }

    /// <summary>How many messages the function may have at most (NOI).</summary>
    public ushort? MaximumMsiCount { get; init; }

    /// <summary>The length of the function measurement block; 0 where there is none.</summary>
    public ushort? MeasurementBlockLengthInBytes { get; init; }

    /// <summary>How often the function measurement block is brought up to date (MUI).</summary>
    public ushort? MeasurementIntervalInMilliseconds { get; init; }

    /// <summary>The version of PCI that the function's group supports, in the firmware's numbers.</summary>
    public byte? PciVersion { get; init; }

    /// <summary>What the kernel told that makes no sense and was left out, a sentence each.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}
