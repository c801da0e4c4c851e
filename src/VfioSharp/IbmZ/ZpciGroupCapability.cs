using System.Runtime.InteropServices;

namespace VfioSharp.IbmZ;

/// <summary>
/// What VFIO tells of the group that a function of IBM Z belongs to (include/uapi/linux/vfio_zdev.h, struct
/// vfio_device_info_cap_zpci_group; written by drivers/vfio/pci/vfio_pci_zdev.c, zpci_group_cap). Immutable.
/// </summary>
/// <param name="DmaAddressMask">The DMA address space mask.</param>
/// <param name="MsiAddress">Where the function's messages go.</param>
/// <param name="Flags">VFIO_DEVICE_INFO_ZPCI_FLAG_*.</param>
/// <param name="MeasurementIntervalInMilliseconds">How often the function measurement block is brought up to date.</param>
/// <param name="MaximumMsiCount">How many messages the function may have at most.</param>
/// <param name="KernelStoreBlockInBytes">The longest store block that the kernel makes for user space (ZPCI_MAX_WRITE_SIZE: 128).</param>
/// <param name="PciVersion">The version of PCI that is supported, in the firmware's numbers.</param>
/// <param name="FunctionStoreBlockInBytes">The longest store block that the function takes; null before version 2 of the capability.</param>
internal sealed record ZpciGroupCapability(
    ulong DmaAddressMask,
    ulong MsiAddress,
    ulong Flags,
    ushort MeasurementIntervalInMilliseconds,
    ushort MaximumMsiCount,
    ushort KernelStoreBlockInBytes,
    byte PciVersion,
    ushort? FunctionStoreBlockInBytes)
{
    /// <summary>VFIO_DEVICE_INFO_CAP_ZPCI_GROUP.</summary>
    public const ushort Id = 2;

    private const int LengthOfVersion1 = 31;
    private const int LengthOfVersion2 = 34;
    private const ulong FlagRefresh = 1;

    /// <summary>Whether the I/O translation must be refreshed by the program after a mapping (VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH); the kernel sees to it.</summary>
    public bool NeedsRefresh => (Flags & FlagRefresh) != 0;

    /// <summary>How many bytes a version of the capability has behind its header.</summary>
    public static int LengthOf(ushort version) => version < 2 ? LengthOfVersion1 : LengthOfVersion2;

    /// <summary>Reads the capability.</summary>
    /// <param name="version">Its version; of what is newer than 2 the part that is known is read.</param>
    /// <param name="payload">What follows its header, in the host's byte order, at least <see cref="LengthOf"/> bytes.</param>
    public static ZpciGroupCapability Read(ushort version, ReadOnlySpan<byte> payload) => new(
        MemoryMarshal.Read<ulong>(payload),
        MemoryMarshal.Read<ulong>(payload[8..]),
        MemoryMarshal.Read<ulong>(payload[16..]),
        MemoryMarshal.Read<ushort>(payload[24..]),
        MemoryMarshal.Read<ushort>(payload[26..]),
        MemoryMarshal.Read<ushort>(payload[28..]),
        payload[30],
        version >= 2 ? MemoryMarshal.Read<ushort>(payload[32..]) : null);
}
