using System.Buffers.Binary;
using VfioSharp.Config;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Config;

/// <summary>Builds configuration spaces by hand.</summary>
internal static class ConfigBytes
{
    public const int PowerManagementAt = 0x60;
    public const int PciExpressAt = 0x80;
    public const int MsixAt = 0x40;

    /// <summary>
    /// A function like QEMU's NVMe, with values of its own in many places: MSI-X with 65 vectors in BAR 0, PCI Express 2, power management
    /// 3 and two extended capabilities. What QEMU's shows is in <see cref="CapturedFunctions"/>.
    /// </summary>
    public static byte[] NvmeLike()
    {
        var bytes = new byte[4096];
        Put16(bytes, 0x00, 0x1b36);
        Put16(bytes, 0x02, 0x0010);
        Put16(bytes, 0x04, 0x0507);
        Put16(bytes, 0x06, 0x0010);
        Put32(bytes, 0x08, 0x0108_0202);
        bytes[0x0e] = 0x00;
        Put32(bytes, 0x10, 0xfebf_0004);
        Put32(bytes, 0x14, 0x0000_0008);
        Put16(bytes, 0x2c, 0x1af4);
        Put16(bytes, 0x2e, 0x1100);
        bytes[0x34] = MsixAt;
        bytes[0x3c] = 0x0b;
        bytes[0x3d] = 0x01;

        bytes[MsixAt] = 0x11;
        bytes[MsixAt + 1] = PciExpressAt;
        Put16(bytes, MsixAt + 2, 0x8040);
        Put32(bytes, MsixAt + 4, 0x0000_2000);
        Put32(bytes, MsixAt + 8, 0x0000_3000);

        bytes[PciExpressAt] = 0x10;
        bytes[PciExpressAt + 1] = PowerManagementAt;
        Put16(bytes, PciExpressAt + 2, 0x0002);
        Put32(bytes, PciExpressAt + 4, 0x1000_8000);
        Put16(bytes, PciExpressAt + 8, 0x2810);
        Put32(bytes, PciExpressAt + 0xc, 0x0001_0c45);
        Put16(bytes, PciExpressAt + 0x12, 0x0011);

        bytes[PowerManagementAt] = 0x01;
        Put16(bytes, PowerManagementAt + 2, 0x0003);
        Put16(bytes, PowerManagementAt + 4, 0x8008);

        Put32(bytes, 0x100, 0x1502_0001);
        Put32(bytes, 0x150, 0x0001_0003);
        return bytes;
    }

    public static ConfigSpace Over(byte[] bytes) => Over(ByteArrayBackend.WithConfig(bytes));

    public static ConfigSpace Over(ByteArrayBackend backend) => new(backend, backend.DescribeRegion(7), "0000:01:00.0");

    public static void Put16(byte[] bytes, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(offset), value);

    public static void Put32(byte[] bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
}
