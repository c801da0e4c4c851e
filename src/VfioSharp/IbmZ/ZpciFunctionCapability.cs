using System.Runtime.InteropServices;
using VfioSharp.Dma;

namespace VfioSharp.IbmZ;

/// <summary>
/// What VFIO tells of a function of IBM Z (include/uapi/linux/vfio_zdev.h, struct vfio_device_info_cap_zpci_base; written by
/// drivers/vfio/pci/vfio_pci_zdev.c, zpci_base_cap). Immutable.
/// </summary>
/// <param name="StartDma">The first IOVA that the function may use.</param>
/// <param name="EndDma">The last one.</param>
/// <param name="PhysicalChannelId">The physical channel (PCHID).</param>
/// <param name="VirtualFunctionNumber">The number of the virtual function; 0 for a physical one.</param>
/// <param name="MeasurementBlockLengthInBytes">The length of the function measurement block; 0 where there is none.</param>
/// <param name="FunctionType">The kind of function (PFT).</param>
/// <param name="GroupId">The group of functions that it belongs to.</param>
/// <param name="FunctionHandle">The handle by which instructions name the function; null before version 2 of the capability.</param>
internal sealed record ZpciFunctionCapability(
    ulong StartDma,
    ulong EndDma,
    ushort PhysicalChannelId,
    ushort VirtualFunctionNumber,
    ushort MeasurementBlockLengthInBytes,
    byte FunctionType,
    byte GroupId,
    uint? FunctionHandle)
{
    /// <summary>VFIO_DEVICE_INFO_CAP_ZPCI_BASE.</summary>
    public const ushort Id = 1;

    private const int LengthOfVersion1 = 24;
    private const int LengthOfVersion2 = 28;

    /// <summary>The IOVAs that the function may use; null where the capability names none, its end being below its start.</summary>
    public IovaRange? DmaWindow => StartDma <= EndDma ? new IovaRange(new Iova(StartDma), new Iova(EndDma)) : null;

    /// <summary>How many bytes a version of the capability has behind its header.</summary>
    public static int LengthOf(ushort version) => version < 2 ? LengthOfVersion1 : LengthOfVersion2;

    /// <summary>Reads the capability.</summary>
    /// <param name="version">Its version; of what is newer than 2 the part that is known is read.</param>
    /// <param name="payload">What follows its header, in the host's byte order, at least <see cref="LengthOf"/> bytes.</param>
    public static ZpciFunctionCapability Read(ushort version, ReadOnlySpan<byte> payload) => new(
        MemoryMarshal.Read<ulong>(payload),
        MemoryMarshal.Read<ulong>(payload[8..]),
        MemoryMarshal.Read<ushort>(payload[16..]),
        MemoryMarshal.Read<ushort>(payload[18..]),
        MemoryMarshal.Read<ushort>(payload[20..]),
        payload[22],
        payload[23],
        version >= 2 ? MemoryMarshal.Read<uint>(payload[24..]) : null);
}
