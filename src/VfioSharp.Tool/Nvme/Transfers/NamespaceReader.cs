using VfioSharp.Nvme;

namespace VfioSharp.Tool.Nvme.Transfers;

/// <summary>Copies a part of a namespace into a stream, with several commands under way.</summary>
internal static class NamespaceReader
{
    /// <summary>Copies.</summary>
    /// <param name="controller">The controller.</param>
    /// <param name="range">What to copy.</param>
    /// <param name="output">Where to.</param>
    /// <param name="progress">Called with the number of bytes that were copied so far.</param>
    /// <param name="cancellation">Ends it; the commands under way are still awaited.</param>
    /// <exception cref="NvmeException">A command failed.</exception>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    public static async Task CopyAsync(
        NvmeController controller, BlockRange range, Stream output, Action<ulong> progress, CancellationToken cancellation)
    {
        using var slots = new TransferSlots(controller, range);
        var pieceLength = (ulong)slots.PieceLength;
        try
        {
            ulong begun = 0, copied = 0;
            while (copied < range.LengthInBytes)
            {
                cancellation.ThrowIfCancellationRequested();
                for (; begun * pieceLength < range.LengthInBytes && begun - copied / pieceLength < (ulong)slots.Count; begun++)
                    Begin(slots, range, begun);
                var piece = copied / pieceLength;
                await slots.EndAsync(piece);
                var length = (int)Math.Min(pieceLength, range.LengthInBytes - copied);
                output.Write(slots.MemoryOf(piece).Span[..length]);
                copied += (ulong)length;
                progress(copied);
            }
        }
        finally
        {
            await slots.SettleAsync();
        }
    }

    // The last block is read as a whole; the caller cuts it off.
    private static void Begin(TransferSlots slots, BlockRange range, ulong piece)
    {
        var first = range.FirstLba + piece * (ulong)slots.PieceLength / range.BlockSize;
        var blocks = Math.Min((ulong)slots.PieceLength / range.BlockSize, range.LastLba - first + 1);
        slots.Begin(piece, range.Namespace.ReadAsync(first, slots.MemoryOf(piece).Slice(0, (long)(blocks * range.BlockSize))));
    }
}
