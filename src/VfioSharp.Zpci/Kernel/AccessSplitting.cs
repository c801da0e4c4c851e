using System.Numerics;

namespace VfioSharp.Zpci.Kernel;

/// <summary>
/// How the kernel cuts a copy to or from PCI memory into single accesses (arch/s390/include/asm/pci_io.h, zpci_get_max_io_size(), before 6.8
/// zpci_get_max_write_size()).
/// </summary>
internal static class AccessSplitting
{
    /// <summary>ZPCI_MAX_READ_SIZE.</summary>
    public const ulong LongestLoad = 8;

    /// <summary>ZPCI_MAX_WRITE_SIZE.</summary>
    public const ulong LongestStore = 128;

    private const ulong Boundary = 4096;

    /// <summary>The length of the next access.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="first">The address that the kernel passes first.</param>
    /// <param name="second">The one that it passes second; the boundary of 4 KiB is counted from it.</param>
    /// <param name="length">What is left, not 0.</param>
    /// <param name="most">The longest access.</param>
    /// <returns>The length.</returns>
    public static ulong Next(KernelVersion kernel, ulong first, ulong second, ulong length, ulong most)
    {
        if (!KernelRules.SplitsBySize(kernel))
            return NextByAlignment(first, second, length, most);

        var size = Math.Min(Math.Min(length, Boundary - (second & (Boundary - 1))), most);
        if (((first | second | size) & 7) == 0)
            return size;
        return size >= 8 ? 8 : 1ul << BitOperations.Log2(size);
    }

    // Until 6.7: the largest power of two to which both addresses are aligned.
    private static ulong NextByAlignment(ulong first, ulong second, ulong length, ulong most)
    {
        var limit = Math.Min(length, most);
        var size = 1ul;
        while (size <= limit >> 1 && ((first | second) & (size * 2 - 1)) == 0)
            size *= 2;
        return size;
    }
}
