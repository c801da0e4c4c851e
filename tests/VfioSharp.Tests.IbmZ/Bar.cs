using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Tests.IbmZ;

/// <summary>A memfd that plays the BAR, mapped.</summary>
internal sealed unsafe class Bar : IDisposable
{
    public const int LengthInBytes = 4096;

    private readonly FileDescriptor _file = Libc.memfd_create("bar", Libc.MFD_CLOEXEC);

    public Bar()
    {
        Resize(LengthInBytes);
        const int Protection = Libc.PROT_READ | Libc.PROT_WRITE;
        var address = Libc.mmap(null, LengthInBytes, Protection, Libc.MAP_SHARED, _file, 0);
        ExpectationException.True(address != Libc.MapFailed, "the memfd can be mapped");
        Address = (nuint)address;
    }

    public nuint Address { get; }

    public DeviceMapping Map() => PageMapping.TryMap(_file, 0, LengthInBytes, MappingAccess.ReadWrite, out var errno)
        ?? throw new VfioException("map the memfd", null, errno);

    public void Resize(int lengthInBytes) => ExpectationException.Equal(0, Libc.ftruncate(_file, lengthInBytes));

    /// <summary>Leaves an inaccessible page where the memory was.</summary>
    public void TakeAway() => ExpectationException.Equal(0, Libc.mprotect((void*)Address, LengthInBytes, Libc.PROT_NONE));

    public byte[] Read(int offset, int length)
    {
        var bytes = new byte[length];
        fixed (byte* start = bytes)
            ExpectationException.Equal((nint)length, Libc.pread(_file, start, (nuint)length, offset));
        return bytes;
    }

    public void Write(int offset, byte[] bytes)
    {
        fixed (byte* start = bytes)
            ExpectationException.Equal((nint)bytes.Length, Libc.pwrite(_file, start, (nuint)bytes.Length, offset));
    }

    public void Dispose()
    {
        _ = Libc.munmap((void*)Address, LengthInBytes);
        _file.Dispose();
    }
}
