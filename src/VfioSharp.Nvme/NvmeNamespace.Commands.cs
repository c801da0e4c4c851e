using VfioSharp.Dma;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

// The commands of the NVM command set on the controller's own queue pair: submissions of all threads take turns, and nothing is allocated for one.
public sealed partial class NvmeNamespace
{
    /// <summary>Reads logical blocks into memory that the controller reaches, by one command (NVM Command Set 1.0, 3.2.4).</summary>
    /// <param name="lba">The first block.</param>
    /// <param name="memory">
    /// Takes the blocks: a multiple of <see cref="BlockSizeInBytes"/>, at most <see cref="NvmeController.MaxTransferInBytes"/>. It belongs to the controller until
    /// the value task has ended.
    /// </param>
    /// <param name="cancellationToken">Aborts the command; the value task ends when the controller has given it back.</param>
    /// <returns>How many bytes were moved, which is all of them.</returns>
    /// <exception cref="ArgumentException">The memory is not whole blocks, longer than a command moves, or badly aligned.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The namespace does not have these blocks.</exception>
    /// <exception cref="NvmeException">The namespace has an <see cref="Obstacle"/>, the command failed, was not completed in time, or the controller was reset.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The controller is disposed, or the memory is not mapped any more.</exception>
    public ValueTask<int> ReadAsync(ulong lba, DmaMemory memory, CancellationToken cancellationToken = default)
    {
        try
        {
            return Controller.DefaultQueue.ReadAsync(this, lba, memory, cancellationToken);
        }
        catch (Exception exception) when (exception is NvmeException or ObjectDisposedException)
        {
            return MoveLaterAsync(IoOpcode.Read, exception, lba, memory, cancellationToken);
        }
    }

    /// <summary>Writes logical blocks from memory that the controller reaches, by one command (NVM Command Set 1.0, 3.2.6).</summary>
    /// <param name="lba">The first block.</param>
    /// <param name="memory">The blocks, as for reading.</param>
    /// <param name="cancellationToken">Aborts the command; what it has written by then is not known.</param>
    /// <inheritdoc cref="ReadAsync(ulong, DmaMemory, CancellationToken)"/>
    public ValueTask<int> WriteAsync(ulong lba, DmaMemory memory, CancellationToken cancellationToken = default)
    {
        try
        {
            return Controller.DefaultQueue.WriteAsync(this, lba, memory, cancellationToken);
        }
        catch (Exception exception) when (exception is NvmeException or ObjectDisposedException)
        {
            return MoveLaterAsync(IoOpcode.Write, exception, lba, memory, cancellationToken);
        }
    }

    /// <summary>
    /// Compares logical blocks with memory that the controller reaches (NVM Command Set 1.0, 3.2.1). Where they differ the command fails with
    /// <see cref="StatusCode.CompareFailure"/>.
    /// </summary>
    /// <param name="lba">The first block.</param>
    /// <param name="memory">What the blocks should hold, as for reading.</param>
    /// <param name="cancellationToken">Aborts the command.</param>
    /// <inheritdoc cref="ReadAsync(ulong, DmaMemory, CancellationToken)"/>
    public ValueTask<int> CompareAsync(ulong lba, DmaMemory memory, CancellationToken cancellationToken = default)
    {
        try
        {
            return Controller.DefaultQueue.CompareAsync(this, lba, memory, cancellationToken);
        }
        catch (Exception exception) when (exception is NvmeException or ObjectDisposedException)
        {
            return MoveLaterAsync(IoOpcode.Compare, exception, lba, memory, cancellationToken);
        }
    }

    /// <summary>Makes everything that was written by completed commands survive a loss of power (Flush; NVMe Base 2.0, 7.1).</summary>
    /// <param name="cancellationToken">Aborts the command.</param>
    /// <returns>A task that ends with the command.</returns>
    /// <exception cref="NvmeException">The namespace has an <see cref="Obstacle"/>, the command failed, was not completed in time, or the controller was reset.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return Controller.DefaultQueue.FlushAsync(this, cancellationToken);
        }
        catch (Exception exception) when (exception is NvmeException or ObjectDisposedException)
        {
            return FlushLaterAsync(exception, cancellationToken);
        }
    }

    /// <summary>Makes logical blocks read as zeroes, without sending any (Write Zeroes; NVM Command Set 1.0, 3.2.8), in as many commands as it takes.</summary>
    /// <param name="lba">The first block.</param>
    /// <param name="blocks">How many: at least 1.</param>
    /// <param name="cancellationToken">Aborts the command that is under way; what was cleared before is.</param>
    /// <returns>A task that ends with the last command.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The namespace does not have these blocks. Nothing was changed.</exception>
    /// <exception cref="NvmeException">The controller does not have the command, the namespace has an <see cref="Obstacle"/>, or a command failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask WriteZeroesAsync(ulong lba, ulong blocks, CancellationToken cancellationToken = default)
    {
        RequireCommand(OptionalIoCommand.WriteZeroes);
        var most = RequireBlocks(lba, blocks, Controller.CommandLimits.MaxWriteZeroesInBytes);
        for (ulong done = 0; done < blocks; done += most)
        {
            var count = (int)Math.Min(most, blocks - done);
            var first = lba + done;
            var command = await SendLaterAsync(null, queue => queue.WriteZeroesAsync(this, first, count, cancellationToken), cancellationToken).ConfigureAwait(false);
            await command.ConfigureAwait(false);
        }
    }

    /// <summary>Lets the controller check that logical blocks can be read (Verify; NVM Command Set 1.0, 3.2.5), in as many commands as it takes.</summary>
    /// <param name="lba">The first block.</param>
    /// <param name="blocks">How many: at least 1.</param>
    /// <param name="cancellationToken">Aborts the command that is under way.</param>
    /// <returns>A task that ends with the last command.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The namespace does not have these blocks.</exception>
    /// <exception cref="NvmeException">The controller does not have the command, the namespace has an <see cref="Obstacle"/>, or a block cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask VerifyAsync(ulong lba, ulong blocks, CancellationToken cancellationToken = default)
    {
        RequireCommand(OptionalIoCommand.Verify);
        var most = RequireBlocks(lba, blocks, Controller.CommandLimits.MaxVerifyInBytes);
        for (ulong done = 0; done < blocks; done += most)
        {
            var count = (int)Math.Min(most, blocks - done);
            var first = lba + done;
            var command = await SendLaterAsync(null, queue => queue.VerifyAsync(this, first, count, cancellationToken), cancellationToken).ConfigureAwait(false);
            await command.ConfigureAwait(false);
        }
    }

    /// <summary>Tells the controller that the content of blocks is not needed any more (Dataset Management, Deallocate; NVM Command Set 1.0, 3.2.3).</summary>
    /// <param name="ranges">The blocks: 1 to 256 ranges. They are copied.</param>
    /// <param name="cancellationToken">Aborts the command; what it has done by then is not known.</param>
    /// <returns>A task that ends with the command.</returns>
    /// <exception cref="ArgumentException">There are no ranges or too many, or a range makes no sense.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The namespace does not have these blocks.</exception>
    /// <exception cref="NvmeException">The controller does not have the command, the namespace has an <see cref="Obstacle"/>, or the command failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask DeallocateAsync(ReadOnlySpan<NvmeBlockRange> ranges, CancellationToken cancellationToken = default)
    {
        try
        {
            return Controller.DefaultQueue.DeallocateAsync(this, ranges, cancellationToken);
        }
        catch (Exception exception) when (exception is NvmeException or ObjectDisposedException)
        {
            return DeallocateLaterAsync(exception, ranges.ToArray(), cancellationToken);
        }
    }

    /// <summary>Opens the namespace as a stream of bytes, at its beginning. There may be several.</summary>
    /// <returns>The stream. It owns nothing: the controller stays open when it is disposed.</returns>
    /// <exception cref="NvmeException">The namespace has an <see cref="Obstacle"/>.</exception>
    public Stream OpenStream()
    {
        RequireUsable();
        return new NvmeStream(this);
    }

    // How many blocks one command may name.
    private ulong RequireBlocks(ulong lba, ulong blocks, long? limitInBytes)
    {
        var identity = RequireUsable();
        if (blocks == 0)
            throw new ArgumentOutOfRangeException(nameof(blocks), blocks, "At least one block has to be named.");
        if (lba >= identity.SizeInBlocks || blocks > identity.SizeInBlocks - lba)
            throw new ArgumentOutOfRangeException(nameof(lba), lba, $"The {this} has {identity.SizeInBlocks} blocks, and {blocks} from there on are not among them.");
        return Math.Clamp((ulong)(limitInBytes ?? long.MaxValue) >> identity.BlockShift, 1, NvmeQueuePair.MaxBlocksPerCommand);
    }
}
