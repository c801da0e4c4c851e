using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Tests.Child;

/// <summary>A memfd in the part of a BAR.</summary>
internal sealed unsafe class Memory : IDisposable
{
    private const int LengthInBytes = 4096;
    private readonly FileDescriptor _file = Libc.memfd_create("bar", Libc.MFD_CLOEXEC);

    public Memory() => Resize(LengthInBytes);

    public void Resize(int lengthInBytes)
    {
        if (Libc.ftruncate(_file, lengthInBytes) != 0)
            throw new VfioException("resize a memfd", null, Libc.LastErrno);
    }

    public DeviceMapping Map(ulong lengthInBytes = LengthInBytes) => PageMapping.TryMap(_file, 0, lengthInBytes, MappingAccess.ReadWrite, out var errno)
        ?? throw new VfioException("map a memfd", null, errno);

    public RegionWindow Open()
    {
        var plan = new AccessPlan(AccessPath.LoadStore, MmioSupport.Description, [], MmioSupport.IsGuarded);
        var about = new WindowDescription(
            "0000:01:00.0", "BAR0", new RegionArea(0, LengthInBytes), RegionFlags.Read | RegionFlags.Write, plan, OnFault.AllOnes);
        return RegionWindow.OverMapping(about, Map(), 0);
    }

    /// <summary>Maps the file as something that is no business of the library's, cuts it short and reads it: the process gets SIGBUS.</summary>
    public void FaultOutside()
    {
        var address = Libc.mmap(null, LengthInBytes, Libc.PROT_READ, Libc.MAP_SHARED, _file, 0);
        Resize(0);
        _ = Volatile.Read(ref *(int*)address);
        throw new UnexpectedException("A load from a mapping whose file was cut short returned.");
    }

    public void Dispose() => _file.Dispose();
}
