using VfioSharp.Dma;
using VfioSharp.Nvme.Transfers;

namespace VfioSharp.Nvme;

// Data that lies in ordinary memory goes through buffers that the controller reaches, in as many commands as it takes. Each command moves whole
// blocks; a write that begins or ends inside of a block reads that block first.
public sealed partial class NvmeNamespace
{
    /// <summary>Reads blocks into ordinary memory, by way of a buffer that the controller reaches, in as many commands as it takes.</summary>
    /// <param name="lba">The first logical block.</param>
    /// <param name="destination">Takes the blocks: a multiple of <see cref="BlockSizeInBytes"/>.</param>
    /// <param name="cancellationToken">Aborts the command that is under way; what was read before is in the destination.</param>
    /// <returns>The length of the destination.</returns>
    /// <exception cref="ArgumentException">The length is not a multiple of the block size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The namespace does not have all of these blocks. Nothing was read.</exception>
    /// <exception cref="NvmeException">The namespace has an <see cref="Obstacle"/>, or a command failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<int> ReadAsync(ulong lba, Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        await ReadBytesAsync(OffsetOf(lba, destination.Length), destination, cancellationToken).ConfigureAwait(false);
        return destination.Length;
    }

    /// <summary>Writes blocks from ordinary memory, by way of a buffer that the controller reaches, in as many commands as it takes.</summary>
    /// <param name="lba">The first logical block.</param>
    /// <param name="source">The blocks: a multiple of <see cref="BlockSizeInBytes"/>.</param>
    /// <param name="cancellationToken">Aborts the command that is under way; what was written before is written.</param>
    /// <returns>The length of the source.</returns>
    /// <exception cref="ArgumentException">The length is not a multiple of the block size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The namespace does not have all of these blocks. Nothing was written.</exception>
    /// <exception cref="NvmeException">The namespace has an <see cref="Obstacle"/>, or a command failed; those before it are written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<int> WriteAsync(ulong lba, ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        await WriteBytesAsync(OffsetOf(lba, source.Length), source, cancellationToken).ConfigureAwait(false);
        return source.Length;
    }

    /// <summary>Reads any bytes.</summary>
    /// <param name="offset">The first byte; the bytes lie in the namespace.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <param name="cancellationToken">Aborts the command that is under way.</param>
    internal async ValueTask ReadBytesAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var part = BeginParts();
        if (destination.IsEmpty)
            return;
        var buffer = await Controller.Bounce.TakeAsync(part.LengthInBytes, cancellationToken).ConfigureAwait(false);
        try
        {
            while (!destination.IsEmpty)
            {
                part.MoveTo(offset, destination.Length);
                await ReadAsync(part.Lba, part.BlocksOf(buffer), cancellationToken).ConfigureAwait(false);
                part.BytesOf(buffer).CopyTo(destination.Span);
                destination = destination[part.Count..];
                offset += part.Count;
            }
        }
        finally
        {
            Controller.Bounce.Return(buffer);
        }
    }

    /// <summary>Writes any bytes.</summary>
    /// <param name="offset">The first byte; the bytes lie in the namespace.</param>
    /// <param name="source">The bytes.</param>
    /// <param name="cancellationToken">Aborts the command that is under way.</param>
    internal async ValueTask WriteBytesAsync(long offset, ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        var part = BeginParts();
        if (source.IsEmpty)
            return;
        var buffer = await Controller.Bounce.TakeAsync(part.LengthInBytes, cancellationToken).ConfigureAwait(false);
        try
        {
            while (!source.IsEmpty)
            {
                part.MoveTo(offset, source.Length);
                await ReadCutBlocksAsync(part, buffer, cancellationToken).ConfigureAwait(false);
                source.Span[..part.Count].CopyTo(part.BytesOf(buffer));
                await WriteAsync(part.Lba, part.BlocksOf(buffer), cancellationToken).ConfigureAwait(false);
                source = source[part.Count..];
                offset += part.Count;
            }
        }
        finally
        {
            Controller.Bounce.Return(buffer);
        }
    }

    private async ValueTask ReadCutBlocksAsync(TransferPart part, MappedBuffer buffer, CancellationToken cancellationToken)
    {
        if (part.CutsFirst)
            await ReadAsync(part.Lba, part.BlocksOf(buffer).Slice(0, part.BlockSizeInBytes), cancellationToken).ConfigureAwait(false);
        if (part.CutsLast && (part.Blocks > 1 || !part.CutsFirst))
        {
            var last = part.Blocks - 1;
            await ReadAsync(part.Lba + (ulong)last, part.BlocksOf(buffer).Slice((long)last * part.BlockSizeInBytes), cancellationToken).ConfigureAwait(false);
        }
    }

    private TransferPart BeginParts() => new(RequireUsable(), Controller.MaxTransferInBytes);

    private long OffsetOf(ulong lba, int lengthInBytes)
    {
        var identity = RequireUsable();
        if (lengthInBytes % identity.BlockSizeInBytes != 0)
            throw new ArgumentException($"The {this} has blocks of {identity.BlockSizeInBytes} bytes, of which {lengthInBytes} bytes are no multiple.");
        var blocks = (ulong)(lengthInBytes >> identity.BlockShift);
        if (lba > identity.SizeInBlocks || blocks > identity.SizeInBlocks - lba)
            throw new ArgumentOutOfRangeException(nameof(lba), lba, $"The {this} has {identity.SizeInBlocks} blocks, and {blocks} from there on are not among them.");
        return (long)lba << identity.BlockShift;
    }
}
