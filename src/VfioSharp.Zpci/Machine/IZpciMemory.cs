namespace VfioSharp.Zpci.Machine;

/// <summary>Memory as a function sees it through the host's IOMMU.</summary>
internal interface IZpciMemory
{
    /// <summary>Reads.</summary>
    /// <returns>False where any of it is not mapped.</returns>
    public bool TryRead(ulong iova, Span<byte> destination);

    /// <summary>Writes.</summary>
    /// <returns>False where any of it is not mapped for the device to write.</returns>
    public bool TryWrite(ulong iova, ReadOnlySpan<byte> source);
}
