using System.Runtime.InteropServices;
using VfioSharp.Backends;
using VfioSharp.Dma;

namespace VfioSharp.Emulation.InProcess;

/// <summary>The I/O address space of a function that lives in the process of its driver.</summary>
internal sealed class ProcessDmaBackend(ProcessMemory memory, string address) : DmaBackend
{
    private const ulong PageSizes = 4096;

    /// <inheritdoc/>
    public override ulong GetPageSizes() => PageSizes;

    /// <inheritdoc/>
    public override IReadOnlyList<IovaRange> GetRanges() => [new IovaRange(new Iova(0), new Iova(ulong.MaxValue))];

    /// <inheritdoc/>
    public override uint? GetAvailableMappings() => null;

    /// <inheritdoc/>
    public override void Map(Iova iova, nuint processAddress, ulong lengthInBytes, DmaAccess access, SafeHandle? file, ulong fileOffset) =>
        Check(memory.Map(iova.Value, processAddress, lengthInBytes, access), $"map {lengthInBytes} bytes for DMA at IOVA {iova}");

    /// <inheritdoc/>
    public override ulong Unmap(Iova iova, ulong lengthInBytes)
    {
        Check(memory.Unmap(iova.Value, lengthInBytes, out var unmapped), $"unmap {lengthInBytes} bytes at IOVA {iova}");
        return unmapped;
    }

    /// <inheritdoc/>
    public override ulong UnmapAll() => memory.Clear();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => memory.Clear();

    private void Check(Errno errno, string operation)
    {
        if (errno != Errno.None)
            throw new VfioException(operation, address, errno);
    }
}
