using VfioSharp.Nvme;

namespace VfioSharp.Tool.Nvme.Transfers;

/// <summary>Copies a stream into a part of a namespace, with several commands under way. Not for several threads.</summary>
/// <param name="controller">The controller.</param>
/// <param name="range">Where to, and how much at most.</param>
internal sealed class NamespaceWriter(NvmeController controller, BlockRange range)
{
    /// <summary>Where to.</summary>
    public BlockRange Range => range;

    /// <summary>How many bytes from the beginning on the controller has acknowledged, without a gap.</summary>
    public ulong WrittenInBytes { get; private set; }

    /// <summary>How many bytes were handed to the controller, acknowledged or not.</summary>
    public ulong BegunInBytes { get; private set; }

    /// <summary>Copies until the stream ends or the range is full. Of a block that is filled in part the rest stays as it is.</summary>
    /// <param name="input">Where from.</param>
    /// <param name="progress">Called with the number of bytes that were written so far.</param>
    /// <param name="cancellation">Ends it; the commands under way are still awaited.</param>
    /// <exception cref="NvmeException">A command failed.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public async Task CopyAsync(Stream input, Action<ulong> progress, CancellationToken cancellation)
    {
        using var slots = new TransferSlots(controller, range);
        var lengths = new int[slots.Count];
        ulong begun = 0, ended = 0;
        try
        {
            for (var isAtEnd = false; ;)
            {
                for (; !isAtEnd && begun - ended < (ulong)slots.Count; begun++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var length = Fill(slots, begun, input);
                    isAtEnd = length < slots.PieceLength;
                    if (length == 0)
                        break;
                    lengths[begun % (ulong)slots.Count] = length;
                    await BeginAsync(slots, begun, length);
                    BegunInBytes += (ulong)length;
                }

                if (ended == begun)
                    return;
                await slots.EndAsync(ended);
                WrittenInBytes += (ulong)lengths[ended % (ulong)slots.Count];
                ended++;
                progress(WrittenInBytes);
            }
        }
        finally
        {
            await slots.SettleAsync();
        }
    }

    // As much as there is and has room.
    private int Fill(TransferSlots slots, ulong piece, Stream input)
    {
        var memory = slots.MemoryOf(piece).Span[..(int)Math.Min((ulong)slots.PieceLength, range.LengthInBytes - BegunInBytes)];
        var filled = 0;
        for (int read; filled < memory.Length && (read = input.Read(memory[filled..])) != 0; filled += read)
        {
        }

        return filled;
    }

    private async Task BeginAsync(TransferSlots slots, ulong piece, int length)
    {
        var (memory, lba, blockSize) = (slots.MemoryOf(piece), range.FirstLba + BegunInBytes / range.BlockSize, (int)range.BlockSize);
        var (whole, rest) = (length - length % blockSize, length % blockSize);
        if (rest != 0)
            await CompleteBlockAsync(memory.Slice(whole, blockSize).Memory, lba + (ulong)(whole / blockSize), rest);
        slots.Begin(piece, range.Namespace.WriteAsync(lba, memory.Slice(0, rest == 0 ? whole : whole + blockSize)));
    }

    // Puts what the medium has behind the data.
    private async Task CompleteBlockAsync(Memory<byte> block, ulong lba, int length)
    {
        var present = new byte[block.Length];
        await range.Namespace.ReadAsync(lba, present);
        present.AsSpan(length).CopyTo(block.Span[length..]);
    }
}
