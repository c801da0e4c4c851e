using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using VfioSharp.Dma;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

// The commands of the NVM command set (NVM Command Set 1.0, 3.2).
public sealed partial class NvmeQueuePair
{
    /// <summary>The most blocks that one command names.</summary>
    public const int MaxBlocksPerCommand = 65536;

    /// <summary>Reads logical blocks (3.2.4).</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="memory">
    /// Takes the data: whole blocks, at most <see cref="NvmeController.MaxTransferInBytes"/>, from an IOVA that is a multiple of 4. The controller's until the value
    /// task has ended.
    /// </param>
    /// <param name="cancellationToken">Aborts the command; the value task ends when the controller has given it back.</param>
    /// <returns>How many bytes were moved, which is all of them. Where the queue is full the command waits its turn first.</returns>
    /// <exception cref="ArgumentException">The memory is not whole blocks, longer than a command moves, or badly aligned, or the namespace is another controller's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The namespace does not have these blocks.</exception>
    /// <exception cref="NvmeException">
    /// The controller failed the command, or its time was over, or the controller was reset; or here, where the namespace cannot be read or the queue pair has ended.
    /// </exception>
    /// <exception cref="OperationCanceledException">The command was aborted on cancellation.</exception>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed, or the memory is not mapped any more.</exception>
    public ValueTask<int> ReadAsync(NvmeNamespace @namespace, ulong lba, DmaMemory memory, CancellationToken cancellationToken = default) =>
        MoveAsync(IoOpcode.Read, @namespace, lba, in memory, cancellationToken);

    /// <summary>Reads logical blocks into memory of several pieces, in their order.</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="pieces">
    /// Take the data: together whole blocks, each with a length and IOVA that are multiples of 4. Where the controller has no SGLs, each but the first
    /// begins, and each but the last ends, at a multiple of the memory page (as a rule 4096). At most 256.
    /// </param>
    /// <param name="cancellationToken">Aborts the command.</param>
    /// <inheritdoc cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)"/>
    public ValueTask<int> ReadAsync(
        NvmeNamespace @namespace, ulong lba, ReadOnlySpan<DmaMemory> pieces, CancellationToken cancellationToken = default) =>
        MoveAsync(IoOpcode.Read, @namespace, lba, pieces, cancellationToken);

    /// <summary>Writes logical blocks (3.2.6).</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="memory">The data, as for reading.</param>
    /// <param name="cancellationToken">Aborts the command; what it has written by then is not known.</param>
    /// <inheritdoc cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)"/>
    public ValueTask<int> WriteAsync(NvmeNamespace @namespace, ulong lba, DmaMemory memory, CancellationToken cancellationToken = default) =>
        MoveAsync(IoOpcode.Write, @namespace, lba, in memory, cancellationToken);

    /// <summary>Writes logical blocks from memory of several pieces, in their order.</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="pieces">The data, as for reading.</param>
    /// <param name="cancellationToken">Aborts the command; what it has written by then is not known.</param>
    /// <inheritdoc cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)"/>
    public ValueTask<int> WriteAsync(
        NvmeNamespace @namespace, ulong lba, ReadOnlySpan<DmaMemory> pieces, CancellationToken cancellationToken = default) =>
        MoveAsync(IoOpcode.Write, @namespace, lba, pieces, cancellationToken);

    /// <summary>Compares logical blocks with memory (3.2.1). Where they differ the controller fails the command with <see cref="StatusCode.CompareFailure"/>.</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="memory">What the blocks should hold, as for reading.</param>
    /// <param name="cancellationToken">Aborts the command.</param>
    /// <inheritdoc cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)"/>
    public ValueTask<int> CompareAsync(NvmeNamespace @namespace, ulong lba, DmaMemory memory, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(@namespace);
        @namespace.RequireCommand(OptionalIoCommand.Compare);
        return MoveAsync(IoOpcode.Compare, @namespace, lba, in memory, cancellationToken);
    }

    /// <summary>Makes the data that was written before, by commands that are completed, survive a loss of power (NVMe Base 2.0, 7.1).</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="cancellationToken">Aborts the command.</param>
    /// <returns>A task that ends with the command.</returns>
    /// <inheritdoc cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)" path="/exception"/>
    public ValueTask FlushAsync(NvmeNamespace @namespace, CancellationToken cancellationToken = default)
    {
        RequireUsable(@namespace);
        var entry = new SubmissionEntry { Opcode = (byte)IoOpcode.Flush, NamespaceId = @namespace.Id };
        return RunAsync(in entry, default, cancellationToken);
    }

    /// <summary>Makes logical blocks read as zeroes, without sending them (3.2.8).</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="blocks">How many: 1 to <see cref="MaxBlocksPerCommand"/>.</param>
    /// <param name="cancellationToken">Aborts the command; what it has done by then is not known.</param>
    /// <returns>A task that ends with the command.</returns>
    /// <inheritdoc cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)" path="/exception"/>
    public ValueTask WriteZeroesAsync(NvmeNamespace @namespace, ulong lba, int blocks, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(@namespace);
        @namespace.RequireCommand(OptionalIoCommand.WriteZeroes);
        var entry = Address(IoOpcode.WriteZeroes, @namespace, RequireUsable(@namespace), lba, blocks);
        return RunAsync(in entry, default, cancellationToken);
    }

    /// <summary>Lets the controller check that logical blocks can be read, without sending them (3.2.5).</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="blocks">How many: 1 to <see cref="MaxBlocksPerCommand"/>; a controller may take fewer.</param>
    /// <param name="cancellationToken">Aborts the command.</param>
    /// <returns>A task that ends with the command.</returns>
    /// <inheritdoc cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)" path="/exception"/>
    public ValueTask VerifyAsync(NvmeNamespace @namespace, ulong lba, int blocks, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(@namespace);
        @namespace.RequireCommand(OptionalIoCommand.Verify);
        var entry = Address(IoOpcode.Verify, @namespace, RequireUsable(@namespace), lba, blocks);
        return RunAsync(in entry, default, cancellationToken);
    }

    /// <summary>Tells the controller that the content of blocks is not needed any more (Dataset Management, 3.2.3).</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="ranges">The blocks: 1 to 256 ranges of 1 to 2^32 - 1 blocks each. They are copied.</param>
    /// <param name="cancellationToken">Aborts the command; what it has done by then is not known.</param>
    /// <returns>A task that ends with the command. Allocates.</returns>
    /// <inheritdoc cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)" path="/exception"/>
    public ValueTask DeallocateAsync(NvmeNamespace @namespace, ReadOnlySpan<NvmeBlockRange> ranges, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(@namespace);
        @namespace.RequireCommand(OptionalIoCommand.DatasetManagement);
        var identity = RequireUsable(@namespace);
        if (ranges.Length is < 1 or > DatasetRange.MostRanges)
            throw new ArgumentException($"A command names 1 to {DatasetRange.MostRanges} ranges, and these are {ranges.Length}.", nameof(ranges));
        var copies = new DatasetRange[ranges.Length];
        for (var i = 0; i < ranges.Length; i++)
        {
            var (lba, blocks) = ranges[i];
            if (blocks is 0 or > uint.MaxValue)
                throw new ArgumentException($"A range has 1 to {uint.MaxValue} blocks, and range {i} has {blocks}.", nameof(ranges));
            RequireBlocks(@namespace, identity, lba, blocks);
            copies[i] = new DatasetRange { StartLba = lba, LengthInBlocks = (uint)blocks };
        }

        var entry = new SubmissionEntry
        {
            Opcode = (byte)IoOpcode.DatasetManagement,
            NamespaceId = @namespace.Id,
            Dword10 = (uint)ranges.Length - 1,
            Dword11 = DatasetRange.Deallocate,
        };
        return RunAsync(in entry, new CommandData(copies), cancellationToken);
    }

    private ValueTask<int> MoveAsync(
        IoOpcode opcode, NvmeNamespace @namespace, ulong lba, in DmaMemory memory, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new ValueTask<int>(Task.FromCanceled<int>(cancellationToken));
        var entry = Describe(opcode, @namespace, lba, in memory, out var data);
        var command = Send(in entry, new CommandData(data), _timeoutInMilliseconds, SendMode.Ring, cancellationToken, out var version);
        return new ValueTask<int>(command, version);
    }

    private ValueTask<int> MoveAsync(
        IoOpcode opcode, NvmeNamespace @namespace, ulong lba, ReadOnlySpan<DmaMemory> memory, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new ValueTask<int>(Task.FromCanceled<int>(cancellationToken));
        var identity = RequireUsable(@namespace);
        var data = new CommandData(TakePieces(memory));
        var entry = Address(opcode, @namespace, identity, lba, CountBlocks(identity, data.Piece.LengthInBytes));
        var command = Send(in entry, in data, _timeoutInMilliseconds, SendMode.Ring, cancellationToken, out var version);
        return new ValueTask<int>(command, version);
    }

    private ValueTask RunAsync(in SubmissionEntry entry, in CommandData data, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new ValueTask(Task.FromCanceled(cancellationToken));
        var command = Send(in entry, in data, _timeoutInMilliseconds, SendMode.Ring, cancellationToken, out var version);
        return new ValueTask(command, version);
    }

    // Checks everything that can be wrong with a read or write before anything is taken for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SubmissionEntry Describe(IoOpcode opcode, NvmeNamespace @namespace, ulong lba, in DmaMemory memory, out DataPiece data)
    {
        var identity = RequireUsable(@namespace);
        var length = memory.LengthInBytes;
        var entry = Address(opcode, @namespace, identity, lba, CountBlocks(identity, length));
        data = new DataPiece(memory.Iova.Value, length);
        if ((data.Iova & 3) != 0)
            ThrowMisaligned(data.Iova);
        return entry;
    }

    private DataPiece[] TakePieces(ReadOnlySpan<DmaMemory> memory)
    {
        if (memory.IsEmpty || memory.Length > _data.MostPieces)
            throw new ArgumentException($"A command's memory has 1 to {_data.MostPieces} pieces, and these are {memory.Length}.", nameof(memory));
        var pieces = new DataPiece[memory.Length];
        for (var i = 0; i < memory.Length; i++)
        {
            pieces[i] = DataPiece.Of(memory[i]);
            if (memory[i].IsEmpty || ((pieces[i].Iova | (ulong)pieces[i].LengthInBytes) & 3) != 0)
                throw new ArgumentException($"Piece {i}, {memory[i]}, is empty or no multiple of 4 bytes.", nameof(memory));
        }

        return _data.CanDescribe(pieces)
            ? pieces
            : throw new ArgumentException(
                $"Without SGLs, which this controller does not take, memory of several pieces has to meet at multiples of {_setup.PageSizeInBytes}.", nameof(memory));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private NamespaceIdentity RequireUsable(NvmeNamespace @namespace)
    {
        ArgumentNullException.ThrowIfNull(@namespace);
        if (@namespace.Controller is { } controller && !ReferenceEquals(controller, _setup.Owner))
            ThrowForeignNamespace(@namespace);
        return @namespace.RequireUsable();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int CountBlocks(NamespaceIdentity identity, long lengthInBytes)
    {
        var blocks = lengthInBytes >> identity.BlockShift;
        if (blocks << identity.BlockShift != lengthInBytes || (ulong)(lengthInBytes - 1) >= (ulong)_setup.MaxTransferInBytes)
            ThrowBadLength(identity, lengthInBytes);
        return (int)blocks;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static SubmissionEntry Address(IoOpcode opcode, NvmeNamespace @namespace, NamespaceIdentity identity, ulong lba, int blocks)
    {
        if (blocks is < 1 or > MaxBlocksPerCommand)
            ThrowBadCount(blocks);
        RequireBlocks(@namespace, identity, lba, (uint)blocks);
        return new SubmissionEntry { Opcode = (byte)opcode, NamespaceId = @namespace.Id, StartLba = lba, Dword12 = (uint)blocks - 1 };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RequireBlocks(NvmeNamespace @namespace, NamespaceIdentity identity, ulong lba, ulong blocks)
    {
        var size = identity.SizeInBlocks;
        if (lba >= size || blocks > size - lba)
            ThrowBeyondEnd(@namespace, lba, blocks, size);
    }

    [DoesNotReturn]
    private void ThrowForeignNamespace(NvmeNamespace @namespace) =>
        throw new ArgumentException($"The {@namespace} does not belong to the controller of this queue pair, {Owner.Address}.", nameof(@namespace));

    [DoesNotReturn]
    private void ThrowBadLength(NamespaceIdentity identity, long lengthInBytes) => throw new ArgumentException(
        $"A command moves whole blocks of {identity.BlockSizeInBytes} bytes, at least one and at most {_setup.MaxTransferInBytes} bytes, and these are {lengthInBytes} bytes.");

    [DoesNotReturn]
    private static void ThrowBadCount(int blocks) =>
        throw new ArgumentOutOfRangeException(nameof(blocks), blocks, $"A command names 1 to {MaxBlocksPerCommand} blocks.");

    [DoesNotReturn]
    private static void ThrowBeyondEnd(NvmeNamespace @namespace, ulong lba, ulong blocks, ulong size) =>
        throw new ArgumentOutOfRangeException(nameof(lba), lba, $"Namespace {@namespace.Id} has {size} blocks: {blocks} from there on are not among them.");

    [DoesNotReturn]
    private static void ThrowMisaligned(ulong iova) =>
        throw new ArgumentException($"The memory begins at IOVA 0x{iova:x}, which is no multiple of 4.");
}
