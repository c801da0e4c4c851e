using VfioSharp.Dma;

namespace VfioSharp.Nvme.Transfers;

/// <summary>
/// The part of a transfer of bytes that one command carries out: the blocks that the bytes lie in, and where in a buffer that holds those blocks the
/// bytes are. It moves along the transfer, so that a long one makes no garbage.
/// </summary>
internal sealed class TransferPart
{
    private readonly int _shift;
    private int _skip;

    /// <summary>Begins.</summary>
    /// <param name="identity">The namespace, which can be used.</param>
    /// <param name="maxTransferInBytes">The most bytes that a command moves: no less than a block.</param>
    public TransferPart(NamespaceIdentity identity, int maxTransferInBytes)
    {
        _shift = identity.BlockShift;
        LengthInBytes = maxTransferInBytes >> _shift << _shift;
    }

    /// <summary>How long a buffer has to be for any part: whole blocks.</summary>
    public int LengthInBytes { get; }

    /// <summary>The size of a block.</summary>
    public int BlockSizeInBytes => 1 << _shift;

    /// <summary>The first block.</summary>
    public ulong Lba { get; private set; }

    /// <summary>How many blocks.</summary>
    public int Blocks { get; private set; }

    /// <summary>How many of the transfer's bytes are in them.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the first block holds bytes before the transfer's.</summary>
    public bool CutsFirst => _skip != 0;

    /// <summary>Whether the last block holds bytes behind the transfer's.</summary>
    public bool CutsLast => _skip + Count < Blocks << _shift;

    /// <summary>Goes to the part that begins at a byte.</summary>
    /// <param name="offset">The byte.</param>
    /// <param name="remainingInBytes">How long the transfer is from there on: at least 1.</param>
    public void MoveTo(long offset, int remainingInBytes)
    {
        Lba = (ulong)(offset >> _shift);
        _skip = (int)(offset & (BlockSizeInBytes - 1));
        Count = Math.Min(remainingInBytes, LengthInBytes - _skip);
        Blocks = (_skip + Count + BlockSizeInBytes - 1) >> _shift;
    }

    /// <summary>The blocks, in a buffer.</summary>
    public DmaMemory BlocksOf(MappedBuffer buffer) => buffer.Memory.Slice(0, (long)Blocks << _shift);

    /// <summary>The transfer's bytes, in a buffer that holds the blocks.</summary>
    public Span<byte> BytesOf(MappedBuffer buffer) => buffer.Buffer.GetSpan(_skip, Count);
}
