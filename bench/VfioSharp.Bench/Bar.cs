using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Bench;

/// <summary>A memfd in the part of a BAR, the windows on it, and what it takes to go without them.</summary>
internal sealed unsafe class Bar : IDisposable
{
    public const int LengthInBytes = 4096;

    /// <summary>The register that is read and written.</summary>
    public const int Register = 8;

    public Bar()
    {
        File = Libc.memfd_create("bench", Libc.MFD_CLOEXEC);
        if (File.IsInvalid || Libc.ftruncate(File, LengthInBytes) != 0)
            throw new VfioException("make a memfd", null, Libc.LastErrno);
        Mapping = Map();
        Window = RegionWindow.OverMapping(Describe(), Map(), 0);
    }

    public FileDescriptor File { get; }

    public PageMapping Mapping { get; }

    public RegionWindow Window { get; }

    public byte* Address => Mapping.Start;

    public void Dispose()
    {
        Window.Dispose();
        Mapping.Dispose();
        File.Dispose();
    }

    private static WindowDescription Describe() => new(
        "bench", "BAR0", new RegionArea(0, LengthInBytes), RegionFlags.Read | RegionFlags.Write,
        new AccessPlan(AccessPath.LoadStore, MmioSupport.Description, [], MmioSupport.IsGuarded), OnFault.AllOnes);

    private PageMapping Map() => PageMapping.TryMap(File, 0, LengthInBytes, MappingAccess.ReadWrite, out var errno)
        ?? throw new VfioException("map a memfd", null, errno);
}
