using System.Diagnostics.CodeAnalysis;
using VfioSharp.Dma;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>
/// Several commands of which the controller is told at once: one doorbell, which is most of the cost of a command where it is a system call or a
/// message. Made by <see cref="NvmeQueuePair.BeginBatch"/>; ends with <see cref="Submit"/>, which disposing of it does, too.
/// </summary>
/// <remarks>
/// It holds nothing: other commands of the queue pair may be sent in the meantime, and the controller may then learn of the batch's along with
/// them. A command that was added ends like any other, and no batch can take it back.
/// </remarks>
[SuppressMessage("Performance", "CA1815", Justification = "A ref struct is compared with nothing.")]
public readonly ref struct NvmeBatch
{
    private readonly NvmeQueuePair _pair;

    internal NvmeBatch(NvmeQueuePair pair) => _pair = pair;

    /// <summary>How many more commands fit at the moment.</summary>
    public int Room => _pair.Depth - _pair.OutstandingCommands;

    /// <summary>Adds a read, if there is room.</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="memory">Takes the data, as for <see cref="NvmeQueuePair.ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)"/>.</param>
    /// <param name="completion">How many bytes were moved, when the command has ended; to be awaited once. Not set where the queue is full.</param>
    /// <param name="cancellationToken">Aborts the command.</param>
    /// <returns>Whether it was added; false where the queue is full, or commands wait for room already.</returns>
    /// <inheritdoc cref="NvmeQueuePair.ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)" path="/exception"/>
    public bool TryRead(NvmeNamespace @namespace, ulong lba, DmaMemory memory, out ValueTask<int> completion, CancellationToken cancellationToken = default) =>
        _pair.TryAdd(IoOpcode.Read, @namespace, lba, in memory, out completion, cancellationToken);

    /// <summary>Adds a write, if there is room.</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="memory">The data, as for reading.</param>
    /// <param name="completion">How many bytes were moved, when the command has ended; to be awaited once. Not set where the queue is full.</param>
    /// <param name="cancellationToken">Aborts the command.</param>
    /// <returns>Whether it was added; false where the queue is full, or commands wait for room already.</returns>
    /// <inheritdoc cref="NvmeQueuePair.ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)" path="/exception"/>
    public bool TryWrite(NvmeNamespace @namespace, ulong lba, DmaMemory memory, out ValueTask<int> completion, CancellationToken cancellationToken = default) =>
        _pair.TryAdd(IoOpcode.Write, @namespace, lba, in memory, out completion, cancellationToken);

    /// <summary>Tells the controller of what was added. More may be added after it.</summary>
    public void Submit() => _pair.Ring();

    /// <summary>The same as <see cref="Submit"/>.</summary>
    public void Dispose() => Submit();
}
