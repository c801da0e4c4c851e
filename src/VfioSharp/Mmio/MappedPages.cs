using System.Runtime.InteropServices;
using VfioSharp.Diagnostics;
using VfioSharp.Native;

namespace VfioSharp.Mmio;

/// <summary>Owns a range of addresses that mmap gave.</summary>
internal sealed unsafe class MappedPages : SafeHandle
{
    private readonly nuint _length;
    private readonly KeyValuePair<string, object?> _kind;
    private int _counted = 1;

    private MappedPages(void* address, nuint length, in KeyValuePair<string, object?> kind)
        : base((nint)0, ownsHandle: true)
    {
        SetHandle((nint)address);
        _length = length;
        _kind = kind;
        VfioMetrics.Mappings.Add(1, kind);
    }

    public override bool IsInvalid => handle == (nint)0;

    /// <summary>The first byte. Valid while this object is neither released nor unreachable.</summary>
    public byte* Address => (byte*)handle;

    /// <summary>Maps a part of a file shared, or says why not.</summary>
    public static MappedPages? TryMap(
        FileDescriptor file, long fileOffset, nuint length, int protection, in KeyValuePair<string, object?> kind, out Errno errno)
    {
        var address = Libc.mmap(null, length, protection, Libc.MAP_SHARED, file, fileOffset);
        errno = address == Libc.MapFailed ? Libc.LastErrno : Errno.None;
        if (errno == Errno.ENOMEM)
        {
            // Disposed mappings keep their addresses until they are collected (see DeviceMapping); perhaps they are what is lacking.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            address = Libc.mmap(null, length, protection, Libc.MAP_SHARED, file, fileOffset);
            errno = address == Libc.MapFailed ? Libc.LastErrno : Errno.None;
        }

        return errno == Errno.None ? new MappedPages(address, length, kind) : null;
    }

    /// <summary>
    /// Puts an inaccessible reservation of the same addresses in the place of the pages: what was mapped is gone, and nothing else can be
    /// mapped there.
    /// </summary>
    public void MakeInaccessible()
    {
        CountOut();
        const int Flags = Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_FIXED | Libc.MAP_NORESERVE;
        if (Libc.mmap(Address, _length, Libc.PROT_NONE, Flags, -1, 0) != Libc.MapFailed)
            return;

        // The kernel has no memory for a new mapping. Changing the old one needs none: it stays until this object is collected, but
        // nothing reaches it.
        if (Libc.mprotect(Address, _length, Libc.PROT_NONE) != 0)
            throw new VfioException("take a mapping of device memory out of use", null, Libc.LastErrno);
    }

    protected override bool ReleaseHandle()
    {
        CountOut();
        return Libc.munmap((void*)handle, _length) == 0;
    }

    // A mapping stops to stand when its pages are gone or, if nobody disposed it, when its addresses are.
    private void CountOut()
    {
        if (Interlocked.Exchange(ref _counted, 0) != 0)
            VfioMetrics.Mappings.Add(-1, _kind);
    }
}
