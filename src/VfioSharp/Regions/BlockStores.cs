namespace VfioSharp.Regions;

/// <summary>Which stores a window can make as one access. Immutable.</summary>
/// <param name="LongestInBytes">The longest one: 8 or 4 where there are registers only.</param>
/// <param name="HasRegisterStores">Whether stores of 1, 2, 4 and 8 bytes, as far as they are no longer, are possible too.</param>
internal readonly record struct BlockStores(int LongestInBytes, bool HasRegisterStores)
{
    /// <summary>What a block store cannot cross: the kernel's and the instruction's pages, whatever the host's page size (asm/pci_io.h, ZPCI_BOUNDARY_SIZE).</summary>
    public const int BoundaryInBytes = 4096;

    /// <summary>The shortest block store, and what every one is a multiple of.</summary>
    public const int ShortestInBytes = 16;

    /// <summary>What block stores are aligned to and multiples of.</summary>
    public const int UnitInBytes = 8;

    /// <summary>What every zPCI function takes, and the longest that the system calls make (asm/pci_io.h, ZPCI_MAX_WRITE_SIZE).</summary>
    public const int CommonLongestInBytes = 128;

    /// <summary>Registers of 1, 2, 4 and 8 bytes and nothing else.</summary>
    public static BlockStores None => new(sizeof(ulong), true);

    /// <summary>Registers of 1, 2 and 4 bytes: Linux may make two accesses of a pwrite of 8 (see <see cref="AccessPath.RegionFile"/>).</summary>
    public static BlockStores NoneByFile => new(sizeof(uint), true);

    /// <summary>Why a store of these bytes is not one access, as the end of a sentence; null where it is.</summary>
    /// <param name="regionOffset">The first byte in the region.</param>
    /// <param name="lengthInBytes">How many.</param>
    public string? FindObstacle(ulong regionOffset, int lengthInBytes)
    {
        if (HasRegisterStores && lengthInBytes is 1 or 2 or 4 or 8 && lengthInBytes <= LongestInBytes)
            return (regionOffset & (ulong)(lengthInBytes - 1)) == 0 ? null : $"the offset is no multiple of {lengthInBytes}";
        if (LongestInBytes < ShortestInBytes)
            return $"one store has {(LongestInBytes < sizeof(ulong) ? "1, 2 or 4 bytes, since Linux may make two of 8" : "1, 2, 4 or 8 bytes")}";
        if (lengthInBytes < ShortestInBytes || lengthInBytes > LongestInBytes || lengthInBytes % UnitInBytes != 0)
            return $"one block store has a multiple of {UnitInBytes} bytes from {ShortestInBytes} to {LongestInBytes}";
        if (regionOffset % UnitInBytes != 0)
            return $"the offset is no multiple of {UnitInBytes}";
        return regionOffset % BoundaryInBytes + (ulong)lengthInBytes > BoundaryInBytes
            ? $"a block store does not cross a multiple of {BoundaryInBytes}"
            : null;
    }
}
