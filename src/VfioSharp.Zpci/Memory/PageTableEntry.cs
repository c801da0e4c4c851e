namespace VfioSharp.Zpci.Memory;

/// <summary>A page of the host's memory.</summary>
internal sealed unsafe class RamPage
{
    private readonly byte[]? _bytes;
    private readonly nuint _address;

    /// <summary>A page of zeros.</summary>
    public RamPage() => _bytes = new byte[UserAddressSpace.PageSize];

    /// <summary>A page of the process that the model runs in.</summary>
    /// <param name="address">Where it is; it must stay there as long as the model may reach it.</param>
    public RamPage(nuint address) => _address = address;

    /// <summary>Its bytes.</summary>
    public Span<byte> Bytes => _bytes ?? new Span<byte>((void*)_address, UserAddressSpace.PageSize);

    /// <summary>A page with the same bytes, or the page itself where it is not the model's own.</summary>
    public RamPage Copy()
    {
        if (_bytes is null)
            return this;
        var copy = new RamPage();
        _bytes.CopyTo(copy.Bytes);
        return copy;
    }
}

/// <summary>
/// An entry of a page table: a page of memory, or the physical address of a page of a device. Whether it may be written is asked of the
/// mapping: for the mappings of this model both say the same, since fork copies at once and mprotect changes both.
/// </summary>
/// <param name="Ram">The page of memory, or null.</param>
/// <param name="PhysicalAddress">The device's page.</param>
internal readonly record struct PageTableEntry(RamPage? Ram, ulong PhysicalAddress = 0);
