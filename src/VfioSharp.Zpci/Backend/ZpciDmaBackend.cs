using System.Runtime.InteropServices;
using VfioSharp.Backends;
using VfioSharp.Dma;
using VfioSharp.Zpci.Dma;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Backend;

/// <summary>The I/O address space of a modelled function, which reaches memory of this process.</summary>
internal sealed class ZpciDmaBackend(string address, ZpciDmaDomain domain, UserAddressSpace memory, object gate) : DmaBackend
{
    /// <inheritdoc/>
    public override ulong GetPageSizes() => ZpciDmaDomain.PageSizes;

    /// <inheritdoc/>
    public override IReadOnlyList<IovaRange> GetRanges() => [new IovaRange(new Iova(ZpciDmaDomain.WindowStart), new Iova(domain.WindowEnd))];

    /// <inheritdoc/>
    public override uint? GetAvailableMappings()
    {
        lock (gate)
            return domain.AvailableMappings;
    }

    /// <inheritdoc/>
    public override void Map(Iova iova, nuint processAddress, ulong lengthInBytes, DmaAccess access, SafeHandle? file, ulong fileOffset)
    {
        lock (gate)
        {
            // A window on a BAR has an address of the model; everything else is memory of this process.
            var result = memory.IsOwnMemory(processAddress, lengthInBytes)
                ? domain.MapOwnMemory(iova.Value, processAddress, lengthInBytes, access)
                : domain.Map(iova.Value, memory, processAddress, lengthInBytes, access);
            Check(result, $"map {lengthInBytes} bytes for DMA at IOVA {iova}");
        }
    }

    /// <inheritdoc/>
    public override ulong Unmap(Iova iova, ulong lengthInBytes)
    {
        lock (gate)
            return Check(domain.Unmap(iova.Value, lengthInBytes), $"unmap {lengthInBytes} bytes at IOVA {iova}");
    }

    /// <inheritdoc/>
    public override ulong UnmapAll()
    {
        lock (gate)
            return (ulong)domain.UnmapAll().Value;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => UnmapAll();

    private ulong Check(KernelResult result, string operation)
    {
        if (!result.IsError)
            return (ulong)result.Value;
        var window = $"the function reaches 0x{ZpciDmaDomain.WindowStart:x} to 0x{domain.WindowEnd:x}.";
        throw new VfioException(operation, address, result.Errno, result.Errno == Errno.EINVAL ? window : null);
    }
}
