using System.Globalization;
using System.Runtime.InteropServices;
using VfioSharp.Backends.Linux.Uapi;

namespace VfioSharp.InGuest.Recording;

/// <summary>
/// The capabilities behind VFIO_DEVICE_GET_INFO that describe a function of zPCI (include/uapi/linux/vfio_zdev.h), in the kernel's byte
/// order, spelled as the recordings spell them.
/// </summary>
internal static class RecordedZpci
{
    private const int Base = 1;
    private const int Group = 2;

    /// <summary>VFIO_DEVICE_INFO_CAP_ZPCI_BASE or _GROUP.</summary>
    public static string Describe(RecordedDevice device, bool isBase)
    {
        var (errno, answer) = device.Ask(VfioIoctl.DeviceGetInfo, default(VfioDeviceInfo));
        Assert.Equal(Errno.None, errno);
        var info = MemoryMarshal.Read<VfioDeviceInfo>(answer);
        var capabilities = (info.Flags & VfioDeviceInfo.FlagCapabilities) != 0 ? InfoCapabilityChain.Read(answer, info.CapabilityOffset) : [];
        var capability = capabilities.FirstOrDefault(header => header.Id == (isBase ? Base : Group));
        if (capability is null)
            return "none";
        var body = capability.Payload.Span;
        return isBase
            ? string.Create(CultureInfo.InvariantCulture, $"v{capability.Version} start_dma=0x{U64(body, 0):x} end_dma=0x{U64(body, 8):x} pchid=0x{U16(body, 16):x} pft={body[22]} gid={body[23]} fh=0x{U32(body, 24):x}")
            : string.Create(CultureInfo.InvariantCulture, $"v{capability.Version} dasm=0x{U64(body, 0):x} flags=0x{U64(body, 16):x} maxstbl={U16(body, 28)} imaxstbl={U16(body, 32)} noi={U16(body, 26)}");
    }

    private static ulong U64(ReadOnlySpan<byte> body, int offset) => MemoryMarshal.Read<ulong>(body[offset..]);

    private static uint U32(ReadOnlySpan<byte> body, int offset) => MemoryMarshal.Read<uint>(body[offset..]);

    private static ushort U16(ReadOnlySpan<byte> body, int offset) => MemoryMarshal.Read<ushort>(body[offset..]);
}
