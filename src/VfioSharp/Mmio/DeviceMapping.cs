using VfioSharp.Native;

namespace VfioSharp.Mmio;

/// <summary>
/// Owns a mapping of device memory in this process. Only the routines of this folder touch what it points to. It may be disposed from any
/// thread while others access it.
/// </summary>
/// <remarks>
/// <para>An access has no lock and counts no references, so it cannot keep the mapping from going away under it. Where accesses are
/// guarded, <see cref="Dispose"/> therefore does not give the addresses back: it puts an inaccessible reservation there. The device's
/// pages, and with them the kernel's reference to the device, are gone at once; an access that is under way faults inside its routine, is
/// recovered, and the window answers with ObjectDisposedException. The addresses are given back by the finalizer, that is when no thread
/// can hold one any more: an accessor keeps the window, and the window this object, alive until its routine has returned. Until then they
/// cost nothing but addresses; the kernel joins reservations that lie side by side.</para>
/// <para>Where accesses are not guarded (see <see cref="MmioSupport"/>), each one holds a reference, and disposal unmaps with the last.
/// </para>
/// </remarks>
public sealed unsafe class DeviceMapping : IDisposable
{
    private readonly MappedPages _pages;
    private int _disposed;

    private DeviceMapping(MappedPages pages, ulong lengthInBytes, MappingAccess access)
    {
        _pages = pages;
        LengthInBytes = lengthInBytes;
        Access = access;
    }

    /// <summary>The length of the mapping.</summary>
    public ulong LengthInBytes { get; }

    /// <summary>What the mapping was made for.</summary>
    public MappingAccess Access { get; }

    /// <summary>Whether the device's pages are gone.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    internal byte* Address => _pages.Address;

    /// <summary>Maps a part of a file (a VFIO device, a memfd) shared.</summary>
    /// <param name="file">The file; it may be closed afterwards.</param>
    /// <param name="fileOffset">The first byte, a multiple of the host's page size.</param>
    /// <param name="lengthInBytes">The length, not 0.</param>
    /// <param name="access">What the mapping is for.</param>
    /// <param name="errno">Why there is no mapping.</param>
    /// <returns>The mapping, or null where the kernel refuses.</returns>
    internal static DeviceMapping? TryMap(FileDescriptor file, ulong fileOffset, ulong lengthInBytes, MappingAccess access, out Errno errno)
    {
        var protection = ((access & MappingAccess.Read) != 0 ? Libc.PROT_READ : 0) | ((access & MappingAccess.Write) != 0 ? Libc.PROT_WRITE : 0);
        var pages = MappedPages.TryMap(file, checked((long)fileOffset), checked((nuint)lengthInBytes), protection, out errno);
        return pages is null ? null : new DeviceMapping(pages, lengthInBytes, access);
    }

    /// <summary>Takes the device's pages out of the process. A second call does nothing.</summary>
    /// <exception cref="VfioException">The kernel refuses to change the mapping, for lack of memory; accesses go on to be possible.</exception>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        if (MmioSupport.IsGuarded)
            _pages.MakeInaccessible();
        else
            _pages.Dispose();
        GC.KeepAlive(this);
    }

    /// <summary>Keeps the pages mapped until <see cref="Release"/>, for an access that is not guarded.</summary>
    /// <exception cref="ObjectDisposedException">The mapping is disposed.</exception>
    internal void Hold()
    {
        var held = false;
        _pages.DangerousAddRef(ref held);
    }

    /// <summary>Ends what <see cref="Hold"/> began.</summary>
    internal void Release() => _pages.DangerousRelease();
}
