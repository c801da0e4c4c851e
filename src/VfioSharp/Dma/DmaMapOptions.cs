using VfioSharp.Backends;

namespace VfioSharp.Dma;

/// <summary>How memory is mapped for a device. Immutable; the default is: read and write, at the lowest IOVA that fits.</summary>
public sealed record DmaMapOptions
{
    /// <summary>What the device may do. Default: both.</summary>
    public DmaAccess Access { get; init; } = DmaAccess.ReadWrite;

    /// <summary>The IOVA to map at, or null (the default) to have one chosen. Excludes <see cref="Highest"/> and <see cref="AlignmentInBytes"/>.</summary>
    public Iova? Fixed { get; init; }

    /// <summary>The last IOVA that the mapping may reach, for a device that does not drive every address bit; null (the default) for no limit.</summary>
    public Iova? Highest { get; init; }

    /// <summary>
    /// What the IOVA is to be a multiple of: a power of two, or 0 (the default). Where there is room, it
    /// is never less than what lets the I/O page tables use the largest page that the memory allows.
    /// </summary>
    public ulong AlignmentInBytes { get; init; }

    internal void Validate()
    {
        if (Access == 0 || (Access & ~DmaAccess.ReadWrite) != 0)
            throw new ArgumentOutOfRangeException(nameof(Access), Access, "The access must be Read, Write or both.");
        if ((AlignmentInBytes & unchecked(AlignmentInBytes - 1)) != 0)
            throw new ArgumentOutOfRangeException(nameof(AlignmentInBytes), AlignmentInBytes, "The alignment must be a power of two, or 0.");
        if (Fixed is not null && (Highest is not null || AlignmentInBytes != 0))
            throw new ArgumentException("A fixed IOVA leaves nothing to choose: give either Fixed, or Highest and AlignmentInBytes.");
    }
}
