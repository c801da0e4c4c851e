using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Tests.Regions;

/// <summary>A memfd that plays the BAR, and a window on it.</summary>
internal sealed class SharedMemory : IDisposable
{
    private readonly FileDescriptor _file;

    public SharedMemory(int lengthInBytes = 4096, string name = "bar")
    {
        _file = Libc.memfd_create(name, Libc.MFD_CLOEXEC);
        Assert.False(_file.IsInvalid);
        Resize(lengthInBytes);
    }

    public void Resize(int lengthInBytes) => Assert.Equal(0, Libc.ftruncate(_file, lengthInBytes));

    public DeviceMapping Map(ulong lengthInBytes = 4096, MappingAccess access = MappingAccess.ReadWrite, ulong fileOffset = 0)
    {
        var mapping = PageMapping.TryMap(_file, fileOffset, lengthInBytes, access, out var errno);
        Assert.Equal(Errno.None, errno);
        return mapping!;
    }

    public RegionWindow Open(
        ulong offset = 0, ulong lengthInBytes = 4096, RegionFlags flags = RegionFlags.Read | RegionFlags.Write, OnFault onFault = OnFault.AllOnes) =>
        RegionWindow.OverMapping(Describe(AccessPath.LoadStore, offset, lengthInBytes, flags, onFault), Map(), offset);

    public static WindowDescription Describe(
        AccessPath path, ulong offset, ulong lengthInBytes, RegionFlags flags = RegionFlags.Read | RegionFlags.Write, OnFault onFault = OnFault.AllOnes) =>
        new("0000:01:00.0", "BAR0", new RegionArea(offset, lengthInBytes), flags, new AccessPlan(path, "The test says so.", [], true), onFault);

    /// <summary>What the device would see: bytes through the file, not through the mapping.</summary>
    public unsafe byte[] Read(int offset, int length)
    {
        var bytes = new byte[length];
        fixed (byte* start = bytes)
            Assert.Equal(length, Libc.pread(_file, start, (nuint)length, offset));
        return bytes;
    }

    public unsafe void Write(int offset, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            Assert.Equal(bytes.Length, Libc.pwrite(_file, start, (nuint)bytes.Length, offset));
    }

    public void Dispose() => _file.Dispose();
}
