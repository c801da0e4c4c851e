using System.Globalization;

namespace VfioSharp.Zpci.Kernel;

/// <summary>
/// The part of the kernel's address space into which ioremap() maps device memory: IOREMAP_START to IOREMAP_END, which on s390 are
/// VMALLOC_START and VMALLOC_END (include/linux/ioremap.h; arch/s390/boot/startup.c places them: 512 GiB less 2 GiB for modules unless vmalloc=
/// says otherwise).
/// </summary>
/// <param name="start">IOREMAP_START.</param>
/// <param name="endExclusive">IOREMAP_END.</param>
public sealed class IoremapWindow(ulong start, ulong endExclusive)
{
    private const ulong PageSize = 4096;

    private readonly SortedList<ulong, ulong> _areas = [];

    /// <summary>IOREMAP_START.</summary>
    public ulong Start { get; } = start;

    /// <summary>IOREMAP_END, the first address behind the window.</summary>
    public ulong End { get; } = endExclusive > start
        ? endExclusive
        : throw new ArgumentOutOfRangeException(nameof(endExclusive), endExclusive, "The window ends before it begins.");

    /// <summary>How many bytes there are.</summary>
    public ulong LengthInBytes => End - Start;

    /// <summary>How many mappings there are at the moment.</summary>
    public int AreaCount => _areas.Count;

    /// <summary>
    /// mm/vmalloc.c, get_vm_area_caller() and alloc_vmap_area(): finds room for the mapping and for the guard page behind it, first fit. A
    /// failure is logged; the wording changed with Linux 6.11.
    /// </summary>
    /// <param name="lengthInBytes">How much device memory; rounded up to pages.</param>
    /// <param name="kernel">The kernel, for the wording.</param>
    /// <param name="log">Takes the message.</param>
    /// <returns>The kernel's address of the mapping, or null where there is no room.</returns>
    internal ulong? TryMap(ulong lengthInBytes, KernelVersion kernel, KernelLog log)
    {
        var length = ((lengthInBytes + PageSize - 1) & ~(PageSize - 1)) + PageSize;
        var candidate = Start;
        foreach (var (areaStart, areaLength) in _areas)
        {
            if (areaStart - candidate >= length)
                break;
            candidate = areaStart + areaLength;
        }

        if (length <= End - candidate)
        {
            _areas.Add(candidate, length);
            return candidate;
        }

        log.PrintRatelimited(KernelRules.NamesIoremapRange(kernel)
            ? string.Create(CultureInfo.InvariantCulture, $"vmalloc_node_range for size {length} failed: Address range restricted to 0x{Start:x} - 0x{End:x}")
            : string.Create(CultureInfo.InvariantCulture, $"vmap allocation for size {length} failed: use vmalloc=<size> to increase size"));
        return null;
    }

    /// <summary>iounmap().</summary>
    /// <param name="address">What <see cref="TryMap"/> returned.</param>
    internal void Unmap(ulong address) => _areas.Remove(address);
}
