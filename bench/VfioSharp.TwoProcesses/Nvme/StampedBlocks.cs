namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>
/// What one writer knows of its part of a namespace: which write of each block was acknowledged last, and which ones are open, because their answer never came.
/// A block that is read has to be of one of these. For one thread at a time.
/// </summary>
internal sealed class StampedBlocks
{
    private readonly ulong[] _acknowledged;
    private readonly Dictionary<int, List<ulong>> _open = [];
    private readonly bool[] _isBusy;
    private ulong _sequence;

    /// <summary>Describes a part whose blocks are zeros so far.</summary>
    /// <param name="firstLba">Where it begins.</param>
    /// <param name="count">How many blocks it has.</param>
    /// <param name="blockSizeInBytes">How long they are.</param>
    public StampedBlocks(ulong firstLba, int count, int blockSizeInBytes)
    {
        FirstLba = firstLba;
        Count = count;
        BlockSizeInBytes = blockSizeInBytes;
        _acknowledged = new ulong[count];
        _isBusy = new bool[count];
    }

    public ulong FirstLba { get; }

    public int Count { get; }

    public int BlockSizeInBytes { get; }

    /// <summary>Takes blocks that nobody is at, for a command on them.</summary>
    /// <returns>False where a command is under way on one of them.</returns>
    public bool TryTake(BlockRange range)
    {
        if (_isBusy.AsSpan(range.First, range.Count).Contains(true))
            return false;
        _isBusy.AsSpan(range.First, range.Count).Fill(true);
        return true;
    }

    /// <summary>Gives blocks back: the command on them has ended, well or not.</summary>
    public void Return(BlockRange range) => _isBusy.AsSpan(range.First, range.Count).Clear();

    /// <summary>Fills memory with the next write of blocks, which is open until it is acknowledged.</summary>
    /// <returns>The number of the write.</returns>
    public ulong Stamp(BlockRange range, Span<byte> memory)
    {
        var sequence = ++_sequence;
        for (var i = 0; i < range.Count; i++)
        {
            BlockPattern.Fill(memory.Slice(i * BlockSizeInBytes, BlockSizeInBytes), FirstLba + (ulong)(range.First + i), sequence);
            Open(range.First + i, sequence);
        }

        return sequence;
    }

    /// <summary>Notes that blocks are about to be made zeros.</summary>
    /// <returns>The number to acknowledge.</returns>
    public ulong StampZeros(BlockRange range)
    {
        for (var i = 0; i < range.Count; i++)
            Open(range.First + i, 0);
        return 0;
    }

    /// <summary>Notes that a write is done: no block may ever again be of one before it.</summary>
    public void Acknowledge(BlockRange range, ulong sequence)
    {
        for (var i = range.First; i < range.First + range.Count; i++)
        {
            _acknowledged[i] = sequence;
            _open.Remove(i);
        }
    }

    /// <summary>Looks whether blocks that were read may be what they are. What is found stays: a block that was seen does not turn older.</summary>
    /// <exception cref="MeasurementException">A block is not whole, is another's, or is older than a write that was acknowledged.</exception>
    public void Check(BlockRange range, ReadOnlySpan<byte> memory)
    {
        for (var i = 0; i < range.Count; i++)
        {
            var index = range.First + i;
            var lba = FirstLba + (ulong)index;
            var block = memory.Slice(i * BlockSizeInBytes, BlockSizeInBytes);
            if (!BlockPattern.TryRead(block, lba, out var sequence))
                throw new MeasurementException($"Block {lba} is torn or another's: it begins with {Convert.ToHexString(block[..32])}; {Describe(index)}.");
            if (sequence != _acknowledged[index] && !(_open.TryGetValue(index, out var open) && open.Contains(sequence)))
                throw new MeasurementException($"Block {lba} is of write {sequence}; {Describe(index)}.");
            _acknowledged[index] = sequence;
            _open.Remove(index);
        }
    }

    private void Open(int index, ulong sequence)
    {
        if (_open.TryGetValue(index, out var open))
            open.Add(sequence);
        else
            _open.Add(index, [sequence]);
    }

    private string Describe(int index) => _open.TryGetValue(index, out var open)
        ? $"write {_acknowledged[index]} was acknowledged, and open are {string.Join(", ", open)}"
        : $"write {_acknowledged[index]} was acknowledged, and none is open";
}

/// <summary>Blocks of a part, counted from its first.</summary>
internal readonly record struct BlockRange(int First, int Count);
