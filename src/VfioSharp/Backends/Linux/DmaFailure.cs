using VfioSharp.Dma;

namespace VfioSharp.Backends.Linux;

/// <summary>Turns the kernel's refusals of DMA requests into exceptions that say what to do.</summary>
internal static class DmaFailure
{
    public static VfioException OfMap(Iova iova, ulong lengthInBytes, Errno errno) =>
        new($"map {lengthInBytes} bytes for DMA at IOVA {iova}", null, errno, DmaAdvice.ForMap(errno, lengthInBytes));

    public static VfioException OfUnmap(Iova iova, ulong lengthInBytes, Errno errno) =>
        new($"unmap {lengthInBytes} bytes of DMA at IOVA {iova}", null, errno, errno == Errno.EINVAL
            ? "the range is not page-aligned, wraps around, or would cut a mapping in two."
            : null);

    public static VfioException OfUnmapAll(Errno errno) => new("unmap everything from the I/O address space", null, errno);
}
