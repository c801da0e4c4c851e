using System.Runtime.InteropServices;
using VfioSharp.Regions;

namespace VfioSharp.Tests.IbmZ;

/// <summary>
/// The capabilities as the kernel writes them, in this host's byte order. The numbers are those that kernel 6.12 told of QEMU's NVMe
/// controller on s390x.
/// </summary>
internal static class ZpciBytes
{
    public static InfoCapability Base(ushort version = 2, ulong start = 0x1_0000_0000, ulong end = 0x1_3fff_ffff, int? cutTo = null)
    {
        // The kernel's structure is padded to a multiple of eight, header included.
        var bytes = new byte[version < 2 ? 24 : 32];
        Put(bytes, 0, start);
        Put(bytes, 8, end);
        bytes[23] = 255;
        if (version >= 2)
            Put(bytes, 24, 0x8002_0000u);
        return new InfoCapability(1, version, bytes.AsMemory(0, cutTo ?? bytes.Length));
    }

    public static InfoCapability Group(ushort version = 2, ushort functionStoreBlock = 128)
    {
        var bytes = new byte[version < 2 ? 32 : 40];
        Put(bytes, 8, 0xfe00_0000_0000_0000ul);
        Put(bytes, 16, 1ul);
        Put(bytes, 24, (ushort)4000);
        Put(bytes, 26, (ushort)128);
        Put(bytes, 28, (ushort)128);
        if (version >= 2)
            Put(bytes, 32, functionStoreBlock);
        return new InfoCapability(2, version, bytes);
    }

    public static InfoCapability UtilityString(byte[] text, uint? size = null) => Sized(3, text, size);

    public static InfoCapability FunctionPath(byte[] segments, uint? size = null) => Sized(4, segments, size);

    private static InfoCapability Sized(ushort id, byte[] content, uint? size)
    {
        var bytes = new byte[4 + content.Length];
        Put(bytes, 0, size ?? (uint)content.Length);
        content.CopyTo(bytes, 4);
        return new InfoCapability(id, 1, bytes);
    }

    private static void Put<T>(byte[] bytes, int offset, T value)
        where T : struct => MemoryMarshal.Write(bytes.AsSpan(offset), in value);
}
