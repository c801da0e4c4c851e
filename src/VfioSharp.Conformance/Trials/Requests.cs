namespace VfioSharp.Conformance.Trials;

/// <summary>The payloads of commands by the specification's tables, each with the usual argsz unless another is asked for.</summary>
internal static class Requests
{
    public static byte[] Version(ushort major, ushort minor, string? json)
    {
        var payload = new Payload().U16(major).U16(minor);
        return (json is null ? payload : payload.Text(json).U8(0)).ToArray();
    }

    public static byte[] DmaMap(ulong address, ulong size, uint flags = Numbers.DmaReadWrite, ulong offset = 0, uint argumentSize = 32) =>
        new Payload().U32(argumentSize).U32(flags).U64(offset).U64(address).U64(size).ToArray();

    public static byte[] DmaUnmap(ulong address, ulong size, uint flags = 0, uint argumentSize = 24) =>
        new Payload().U32(argumentSize).U32(flags).U64(address).U64(size).ToArray();

    public static byte[] DmaUnmapDirty(ulong address, ulong size, ulong pageSize, ulong bitmapSize, uint? argumentSize = null) =>
        new Payload().U32(argumentSize ?? (uint)(40 + bitmapSize)).U32(Numbers.UnmapGetDirty).U64(address).U64(size).U64(pageSize).U64(bitmapSize).ToArray();

    public static byte[] DeviceInfo(uint argumentSize = 16) => new Payload().U32(argumentSize).Zeros(12).ToArray();

    public static byte[] RegionInfo(uint index, uint argumentSize = 32) => new Payload().U32(argumentSize).U32(0).U32(index).Zeros(20).ToArray();

    public static byte[] RegionIoFds(uint index, uint argumentSize, uint flags = 0, uint count = 0) =>
        new Payload().U32(argumentSize).U32(flags).U32(index).U32(count).ToArray();

    public static byte[] IrqInfo(uint index, uint argumentSize = 16) => new Payload().U32(argumentSize).U32(0).U32(index).U32(0).ToArray();

    public static byte[] SetIrqs(uint flags, uint index, uint start, uint count, ReadOnlySpan<byte> data = default, uint? argumentSize = null) =>
        new Payload().U32(argumentSize ?? (uint)(20 + data.Length)).U32(flags).U32(index).U32(start).U32(count).Bytes(data).ToArray();

    public static byte[] RegionRead(uint region, ulong offset, uint count) => new Payload().U64(offset).U32(region).U32(count).ToArray();

    public static byte[] RegionWrite(uint region, ulong offset, ReadOnlySpan<byte> data, uint? count = null) =>
        new Payload().U64(offset).U32(region).U32(count ?? (uint)data.Length).Bytes(data).ToArray();

    public static byte[] WriteMulti(params (uint Region, ulong Offset, byte[] Data)[] writes)
    {
        var payload = new Payload().U64((ulong)writes.Length);
        foreach (var (region, offset, data) in writes)
            payload.U64(offset).U32(region).U32((uint)data.Length).Bytes(data).Zeros(8 - data.Length);
        return payload.ToArray();
    }

    public static byte[] Feature(uint flags, ReadOnlySpan<byte> data = default, uint? argumentSize = null) =>
        new Payload().U32(argumentSize ?? (uint)(8 + data.Length)).U32(flags).Bytes(data).ToArray();

    public static byte[] MigrationState(uint state) => Feature(Numbers.FeatureSet | Numbers.FeatureMigrationState, new Payload().U32(state).U32(0).ToArray());

    public static byte[] LoggingControl(uint feature, ulong pageSize, params (ulong Iova, ulong Length)[] ranges)
    {
        var data = new Payload().U64(pageSize).U32((uint)ranges.Length).U32(0);
        foreach (var (iova, length) in ranges)
            data.U64(iova).U64(length);
        return Feature(Numbers.FeatureSet | feature, data.ToArray());
    }

    public static byte[] LoggingReport(ulong iova, ulong length, ulong pageSize, uint? argumentSize = null)
    {
        var bitmap = ((length + pageSize - 1) / pageSize + 63) / 64 * 8;
        return Feature(
            Numbers.FeatureGet | Numbers.FeatureLoggingReport,
            new Payload().U64(iova).U64(length).U64(pageSize).ToArray(),
            argumentSize ?? (uint)(32 + bitmap));
    }

    public static byte[] MigrationRead(uint size, uint? argumentSize = null) => new Payload().U32(argumentSize ?? 8 + size).U32(size).ToArray();

    public static byte[] MigrationWrite(ReadOnlySpan<byte> data, uint? size = null, uint? argumentSize = null) =>
        new Payload().U32(argumentSize ?? (uint)(8 + data.Length)).U32(size ?? (uint)data.Length).Bytes(data).ToArray();
}
