namespace VfioSharp.Dma;

/// <summary>The page sizes that I/O page tables know. An immutable value.</summary>
/// <param name="Bitmap">A bit for each size: bit 12 set means 4 KiB.</param>
public readonly record struct PageSizeSet(ulong Bitmap)
{
    /// <summary>The smallest page, in bytes: addresses and lengths of mappings are multiples of it. 0 where the set is empty.</summary>
    public ulong Smallest => Bitmap & unchecked(~Bitmap + 1);

    /// <summary>The sizes in bytes, the smallest first.</summary>
    public IReadOnlyList<ulong> InBytes
    {
        get
        {
            var sizes = new List<ulong>();
            for (var rest = Bitmap; rest != 0; rest &= rest - 1)
                sizes.Add(new PageSizeSet(rest).Smallest);
            return sizes;
        }
    }

    /// <summary>Whether a size is among them.</summary>
    /// <param name="sizeInBytes">The size.</param>
    /// <returns>True where the I/O page tables have pages of exactly that size.</returns>
    public bool Contains(ulong sizeInBytes) => sizeInBytes != 0 && (sizeInBytes & (sizeInBytes - 1)) == 0 && (Bitmap & sizeInBytes) != 0;

    /// <summary>The largest page that memory at an address can be mapped with.</summary>
    /// <param name="address">Where the memory begins.</param>
    /// <param name="lengthInBytes">How long it is.</param>
    /// <returns>The largest size that divides the address and is no longer than the memory, or 0 where none does.</returns>
    public ulong LargestFor(ulong address, ulong lengthInBytes)
    {
        ulong largest = 0;
        for (var rest = Bitmap; rest != 0; rest &= rest - 1)
        {
            var size = new PageSizeSet(rest).Smallest;
            if (size <= lengthInBytes && (address & (size - 1)) == 0)
                largest = size;
        }

        return largest;
    }

    /// <summary>The sizes in words.</summary>
    /// <returns>"4 KiB, 2 MiB, 1 GiB".</returns>
    public override string ToString() => Bitmap == 0 ? "none" : string.Join(", ", InBytes.Select(ByteText.Size));
}
