using System.Runtime.InteropServices;
using VfioSharp.Dma;

namespace VfioSharp.Backends;

/// <summary>What a device may do with memory that is mapped for DMA.</summary>
[Flags]
public enum DmaAccess
{
    /// <summary>The device reads memory.</summary>
    Read = 1,
    /// <summary>The device writes memory.</summary>
    Write = 2,
    /// <summary>Both.</summary>
    ReadWrite = Read | Write,
}

/// <summary>
/// The seam for DMA: one I/O address space, which one or several devices share (a type 1 container, an IOAS of iommufd, a vfio-user
/// connection, a model). It holds mechanism only; which address a mapping gets is decided above it. Methods may be called from any
/// thread, one at a time: the owner serialises them.
/// </summary>
public abstract class DmaBackend : IDisposable
{
    /// <summary>The page sizes that the I/O page tables know, as a bit for each: bit 12 set means 4 KiB.</summary>
    /// <returns>The bit map; never 0.</returns>
    /// <exception cref="VfioException">The backend does not answer.</exception>
    public abstract ulong GetPageSizes();

    /// <summary>The IOVAs that can be mapped, in ascending order, without those that the platform reserves.</summary>
    /// <returns>The ranges; they do not overlap.</returns>
    /// <exception cref="VfioException">The backend does not answer.</exception>
    public abstract IReadOnlyList<IovaRange> GetRanges();

    /// <summary>How many more mappings the backend takes, or null where it has no such limit or does not tell.</summary>
    /// <returns>The number of mappings.</returns>
    /// <exception cref="VfioException">The backend does not answer.</exception>
    public abstract uint? GetAvailableMappings();

    /// <summary>Maps memory of this process at an IOVA.</summary>
    /// <param name="iova">The first IOVA, a multiple of the smallest page size.</param>
    /// <param name="address">The first byte in this process, a multiple of the smallest page size. It stays mapped until it is unmapped here.</param>
    /// <param name="lengthInBytes">A multiple of the smallest page size, not 0.</param>
    /// <param name="access">What the device may do.</param>
    /// <param name="file">A file that backs the memory, for backends whose device lives in another process, or null.</param>
    /// <param name="fileOffset">Where the memory begins in that file.</param>
    /// <exception cref="VfioException">The backend refuses; EEXIST for an overlap, ENOMEM over RLIMIT_MEMLOCK, ENOSPC where no mapping is left.</exception>
    public abstract void Map(Iova iova, nuint address, ulong lengthInBytes, DmaAccess access, SafeHandle? file, ulong fileOffset);

    /// <summary>Unmaps every mapping that lies wholly in a range.</summary>
    /// <param name="iova">The range's first address.</param>
    /// <param name="lengthInBytes">The range's length.</param>
    /// <returns>How many bytes were unmapped; 0 where nothing was mapped there.</returns>
    /// <exception cref="VfioException">The backend refuses, for instance because the range would cut a mapping in two (EINVAL).</exception>
    public abstract ulong Unmap(Iova iova, ulong lengthInBytes);

    /// <summary>Unmaps everything.</summary>
    /// <returns>How many bytes were unmapped.</returns>
    /// <exception cref="VfioException">The backend refuses.</exception>
    public abstract ulong UnmapAll();

    /// <summary>Releases the address space and with it every mapping.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the backend owns.</summary>
    /// <param name="disposing">Always true: backends own nothing that needs a finalizer of their own.</param>
    protected abstract void Dispose(bool disposing);
}
