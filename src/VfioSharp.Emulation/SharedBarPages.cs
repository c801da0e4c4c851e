using System.Runtime.InteropServices;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Emulation;

/// <summary>Owns the pages of one shared area of a BAR in this process.</summary>
internal sealed unsafe class SharedBarPages : SafeHandle
{
    private readonly nuint _mappedLength;

    private SharedBarPages(void* address, nuint mappedLength, nuint startOfArea, RegionArea area)
        : base((nint)0, ownsHandle: true)
    {
        SetHandle((nint)address);
        _mappedLength = mappedLength;
        Area = area;
        Start = (byte*)address + startOfArea;
    }

    public override bool IsInvalid => handle == (nint)0;

    /// <summary>Which part of the BAR this is.</summary>
    public RegionArea Area { get; }

    /// <summary>The area's first byte. Valid while this object is held.</summary>
    public byte* Start { get; }

    /// <summary>Maps an area of the file that backs a BAR, in which everything lies where it does in the BAR.</summary>
    /// <exception cref="VfioException">The kernel has no room for it.</exception>
    public static SharedBarPages Map(FileDescriptor file, RegionArea area, string name)
    {
        // Where the host's pages are larger than the BAR's, an area begins within one.
        var pageMask = (ulong)Environment.SystemPageSize - 1;
        var start = area.Offset & ~pageMask;
        var length = checked((nuint)(area.Offset + area.LengthInBytes - start));
        var address = Libc.mmap(null, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, file, checked((long)start));
        return address == Libc.MapFailed
            ? throw new VfioException($"map {area.LengthInBytes} bytes of {name}", null, Libc.LastErrno)
            : new SharedBarPages(address, length, (nuint)(area.Offset - start), area);
    }

    protected override bool ReleaseHandle() => Libc.munmap((void*)handle, _mappedLength) == 0;
}
