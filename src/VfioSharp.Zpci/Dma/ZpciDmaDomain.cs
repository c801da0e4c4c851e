using VfioSharp.Backends;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Dma;

/// <summary>
/// An I/O address space of the host: a container with VFIO_TYPE1v2_IOMMU over the zPCI IOMMU (drivers/vfio/vfio_iommu_type1.c,
/// drivers/iommu/s390-iommu.c). Pages of 4 KiB; only IOVAs from start_dma to end_dma, which the machine gives and the host's memory limits.
/// </summary>
public sealed class ZpciDmaDomain
{
    /// <summary>start_dma of the recordings' functions, and usual on hardware: 4 GiB. IOVA 0 is never usable.</summary>
    public const ulong WindowStart = 0x1_0000_0000;

    /// <summary>The page sizes as a bit for each.</summary>
    public const ulong PageSizes = UserAddressSpace.PageSize;

    /// <summary>The module parameter dma_entry_limit, and so what VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL says at first.</summary>
    public const uint MostMappings = 65535;

    private readonly SortedList<ulong, DmaExtent> _extents = [];

    internal ZpciDmaDomain(ZpciHost host) => WindowEnd = WindowStart + host.MemoryInBytes - 1;

    /// <summary>end_dma: the last usable IOVA. As much as the host has memory (s390_iommu_aperture of 1, the default).</summary>
    public ulong WindowEnd { get; }

    /// <summary>How many more mappings there can be.</summary>
    public uint AvailableMappings => MostMappings - (uint)_extents.Count;

    /// <summary>Attaches a function: its DMA goes here from now on.</summary>
    /// <param name="function">The function.</param>
    public void Attach(ZpciFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        function.DmaDomain = this;
    }

    /// <summary>VFIO_IOMMU_MAP_DMA (vfio_dma_do_map()).</summary>
    /// <param name="iova">The first IOVA.</param>
    /// <param name="space">The address space of the process that maps.</param>
    /// <param name="address">The first byte there.</param>
    /// <param name="lengthInBytes">How much.</param>
    /// <param name="access">What the function may do.</param>
    /// <returns>
    /// 0; EINVAL for what is no multiple of 4 KiB or lies outside the window, EEXIST for an overlap, ENOSPC, EFAULT where the process has no
    /// such memory.
    /// </returns>
    public KernelResult Map(ulong iova, UserAddressSpace space, ulong address, ulong lengthInBytes, DmaAccess access)
    {
        ArgumentNullException.ThrowIfNull(space);
        if (CheckRequest(iova, address, lengthInBytes) is var refusal and not Errno.None)
            return refusal;
        var pages = new PageTableEntry[lengthInBytes / UserAddressSpace.PageSize];
        for (var i = 0; i < pages.Length; i++)
        {
            // vaddr_get_pfns(): memory is pinned; the pages of a device are faulted in and followed (follow_fault_pfn()), so that a BAR can be
            // mapped for another function's DMA.
            var needed = (access & DmaAccess.Write) != 0 ? MemoryAccess.Store : MemoryAccess.Load;
            if (space.Translate(address + (ulong)i * UserAddressSpace.PageSize, needed, out pages[i]) != PageFault.None)
                return Errno.EFAULT;
        }

        _extents.Add(iova, new DmaExtent(iova, lengthInBytes, access, pages, 0));
        return KernelResult.Success;
    }

    /// <summary>Maps memory of the process that the model runs in.</summary>
    internal KernelResult MapOwnMemory(ulong iova, nuint address, ulong lengthInBytes, DmaAccess access)
    {
        if (CheckRequest(iova, address, lengthInBytes) is var refusal and not Errno.None)
            return refusal;
        _extents.Add(iova, new DmaExtent(iova, lengthInBytes, access, null, address));
        return KernelResult.Success;
    }

    /// <summary>VFIO_IOMMU_UNMAP_DMA (vfio_dma_do_unmap()): every mapping that lies within a range.</summary>
    /// <param name="iova">The first IOVA.</param>
    /// <param name="lengthInBytes">How much.</param>
    /// <returns>How many bytes were unmapped, or EINVAL where a mapping would be cut in two.</returns>
    public KernelResult Unmap(ulong iova, ulong lengthInBytes)
    {
        if (lengthInBytes == 0 || ((iova | lengthInBytes) & (UserAddressSpace.PageSize - 1)) != 0 || iova + lengthInBytes - 1 < iova)
            return Errno.EINVAL;
        var last = iova + lengthInBytes - 1;
        var within = new List<DmaExtent>();
        foreach (var extent in _extents.Values)
        {
            if (extent.Last < iova || extent.Iova > last)
                continue;
            if (extent.Iova < iova || extent.Last > last)
                return Errno.EINVAL;
            within.Add(extent);
        }

        var unmapped = 0L;
        foreach (var extent in within)
        {
            _extents.Remove(extent.Iova);
            unmapped += (long)extent.LengthInBytes;
        }

        return new KernelResult(unmapped);
    }

    /// <summary>VFIO_IOMMU_UNMAP_DMA with VFIO_DMA_UNMAP_FLAG_ALL.</summary>
    /// <returns>How many bytes were unmapped.</returns>
    public KernelResult UnmapAll()
    {
        var unmapped = _extents.Values.Sum(extent => (long)extent.LengthInBytes);
        _extents.Clear();
        return new KernelResult(unmapped);
    }

    /// <summary>DMA of a function: reads memory.</summary>
    /// <returns>False where any of it is not mapped for the function to read.</returns>
    internal bool TryRead(ulong iova, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (!TryReach(iova, DmaAccess.Read, out var rest))
                return false;
            var length = Math.Min(rest.Length, destination.Length);
            rest[..length].CopyTo(destination);
            destination = destination[length..];
            iova += (ulong)length;
        }

        return true;
    }

    /// <summary>DMA of a function: writes memory.</summary>
    /// <returns>False where any of it is not mapped for the function to write; what lies before has been written.</returns>
    internal bool TryWrite(ulong iova, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            if (!TryReach(iova, DmaAccess.Write, out var rest))
                return false;
            var length = Math.Min(rest.Length, source.Length);
            source[..length].CopyTo(rest);
            source = source[length..];
            iova += (ulong)length;
        }

        return true;
    }

    private Errno CheckRequest(ulong iova, ulong address, ulong lengthInBytes)
    {
        if (lengthInBytes == 0 || ((iova | address | lengthInBytes) & (UserAddressSpace.PageSize - 1)) != 0)
            return Errno.EINVAL;
        var last = iova + lengthInBytes - 1;
        if (last < iova || address + lengthInBytes - 1 < address)
            return Errno.EINVAL;
        foreach (var extent in _extents.Values)
        {
            if (extent.Iova <= last && extent.Last >= iova)
                return Errno.EEXIST;
        }

        if (AvailableMappings == 0)
            return Errno.ENOSPC;
        return iova < WindowStart || last > WindowEnd ? Errno.EINVAL : Errno.None;
    }

    private bool TryReach(ulong iova, DmaAccess access, out Span<byte> restOfPage)
    {
        restOfPage = default;
        foreach (var extent in _extents.Values)
        {
            if (iova >= extent.Iova && iova <= extent.Last)
                return (extent.Access & access) != 0 && extent.TryReach(iova, out restOfPage);
        }

        return false;
    }
}
