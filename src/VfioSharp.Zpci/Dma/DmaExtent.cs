using VfioSharp.Backends;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Dma;

/// <summary>
/// One mapping of an I/O address space: pages of a modelled process, or memory of the process that the model runs in. Immutable.
/// </summary>
/// <param name="Iova">The first IOVA.</param>
/// <param name="LengthInBytes">How much.</param>
/// <param name="Access">What the function may do.</param>
/// <param name="Pages">The pages; null for memory of this process.</param>
/// <param name="OwnAddress">Where that memory begins.</param>
internal sealed record DmaExtent(ulong Iova, ulong LengthInBytes, DmaAccess Access, PageTableEntry[]? Pages, nuint OwnAddress)
{
    public ulong Last => Iova + LengthInBytes - 1;

    /// <summary>
    /// The memory from an IOVA on to the end of its page. False for the page of a device: DMA between functions is not modelled.
    /// </summary>
    public bool TryReach(ulong iova, out Span<byte> restOfPage)
    {
        var offset = iova - Iova;
        var page = Pages is null
            ? new RamPage(OwnAddress + (nuint)(offset & ~(ulong)(UserAddressSpace.PageSize - 1)))
            : Pages[offset / UserAddressSpace.PageSize].Ram;
        restOfPage = page is null ? default : page.Bytes[(int)(offset % UserAddressSpace.PageSize)..];
        return page is not null;
    }
}
