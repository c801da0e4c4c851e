using VfioSharp.Diagnostics;
using VfioSharp.Native;

namespace VfioSharp.Mmio;

/// <summary>A mapping of device memory in this process's own pages.</summary>
/// <remarks>
/// <para>An access has no lock and counts no references, so it cannot keep the mapping from going away under it. Where accesses are
/// guarded, disposal therefore does not give the addresses back: it puts an inaccessible reservation there. The device's
/// pages, and with them the kernel's reference to the device, are gone at once; an access that is under way faults inside its routine, is
/// recovered, and the window answers with ObjectDisposedException. On IBM Z, where system calls and instructions take the address, they
/// fail on the reservation in the same way. The addresses are given back by the finalizer, that is when no thread
/// can hold one any more: an accessor keeps the window, and the window this object, alive until its routine has returned. Until then they
/// cost nothing but addresses; the kernel joins reservations that lie side by side.</para>
/// <para>Where loads and stores are not guarded (see <see cref="MmioSupport"/>), each one holds a reference, and disposal unmaps with the last.
/// </para>
/// </remarks>
internal sealed unsafe class PageMapping : DeviceMapping
{
    private readonly MappedPages _pages;

    private PageMapping(MappedPages pages, ulong lengthInBytes, MappingAccess access)
        : base(lengthInBytes, access) => _pages = pages;

    /// <summary>The first byte, for loads and stores.</summary>
    public byte* Start => _pages.Address;

    /// <inheritdoc/>
    protected internal override nuint Address => (nuint)_pages.Address;

    /// <summary>Maps a part of a file (a VFIO device, a memfd) shared.</summary>
    /// <param name="file">The file; it may be closed afterwards.</param>
    /// <param name="fileOffset">The first byte, a multiple of the host's page size.</param>
    /// <param name="lengthInBytes">The length, not 0.</param>
    /// <param name="access">What the mapping is for.</param>
    /// <param name="errno">Why there is no mapping.</param>
    /// <returns>The mapping, or null where the kernel refuses.</returns>
    public static PageMapping? TryMap(FileDescriptor file, ulong fileOffset, ulong lengthInBytes, MappingAccess access, out Errno errno)
    {
        var protection = ((access & MappingAccess.Read) != 0 ? Libc.PROT_READ : 0) | ((access & MappingAccess.Write) != 0 ? Libc.PROT_WRITE : 0);
        var pages = MappedPages.TryMap(file, checked((long)fileOffset), checked((nuint)lengthInBytes), protection, VfioMetrics.BarKind, out errno);
        return pages is null ? null : new PageMapping(pages, lengthInBytes, access);
    }

    /// <summary>Keeps the pages mapped until <see cref="Release"/>, for an access that is not guarded.</summary>
    /// <exception cref="ObjectDisposedException">The mapping is disposed.</exception>
    public void Hold()
    {
        var held = false;
        _pages.DangerousAddRef(ref held);
    }

    /// <summary>Ends what <see cref="Hold"/> began.</summary>
    public void Release() => _pages.DangerousRelease();

    /// <summary>
    /// Takes the device's pages out of the process while windows still show them: from here on each access faults, and ends as the window's
    /// <see cref="Regions.OnFault"/> says. Where accesses are not guarded nothing is done, because one would end the process. It may be
    /// called beside <see cref="DeviceMapping.Dispose"/> and more than once.
    /// </summary>
    /// <exception cref="VfioException">The kernel refuses to change the mapping, for lack of memory.</exception>
    public void TakeAway()
    {
        if (!MmioSupport.IsGuarded)
            return;
        _pages.MakeInaccessible();
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    protected override void Remove()
    {
        if (MmioSupport.HasLoadStore && !MmioSupport.IsGuarded)
            _pages.Dispose();
        else
            _pages.MakeInaccessible();
        GC.KeepAlive(this);
    }
}
