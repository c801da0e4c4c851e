using VfioSharp.Dma;
using VfioSharp.Nvme;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>Where verified traffic goes: a namespace by the way that the program shares, or by a queue pair.</summary>
internal abstract class TrafficTarget
{
    /// <summary>Makes memory that the controller reaches.</summary>
    public abstract MappedBuffer Allocate(int lengthInBytes);

    public abstract ValueTask<int> ReadAsync(ulong lba, DmaMemory memory);

    public abstract ValueTask<int> WriteAsync(ulong lba, DmaMemory memory);

    /// <summary>Reads into memory of the program's, whose bytes the driver carries. Only where <see cref="TakesPlainMemory"/>.</summary>
    public abstract ValueTask<int> ReadAsync(ulong lba, Memory<byte> memory);

    /// <summary>Writes such memory.</summary>
    public abstract ValueTask<int> WriteAsync(ulong lba, ReadOnlyMemory<byte> memory);

    public abstract Task FlushAsync();

    public abstract Task WriteZeroesAsync(ulong lba, int blocks);

    public abstract bool TakesPlainMemory { get; }
}

/// <summary>A namespace.</summary>
internal sealed class NamespaceTarget(NvmeNamespace disk) : TrafficTarget
{
    public override bool TakesPlainMemory => true;

    public override MappedBuffer Allocate(int lengthInBytes) => disk.Controller.AllocateBuffer(lengthInBytes);

    public override ValueTask<int> ReadAsync(ulong lba, DmaMemory memory) => disk.ReadAsync(lba, memory);

    public override ValueTask<int> WriteAsync(ulong lba, DmaMemory memory) => disk.WriteAsync(lba, memory);

    public override ValueTask<int> ReadAsync(ulong lba, Memory<byte> memory) => disk.ReadAsync(lba, memory);

    public override ValueTask<int> WriteAsync(ulong lba, ReadOnlyMemory<byte> memory) => disk.WriteAsync(lba, memory);

    public override Task FlushAsync() => disk.FlushAsync().AsTask();

    public override Task WriteZeroesAsync(ulong lba, int blocks) => disk.WriteZeroesAsync(lba, (uint)blocks).AsTask();
}

/// <summary>A namespace by a queue pair.</summary>
internal sealed class QueueTarget(NvmeQueuePair queue, NvmeNamespace disk) : TrafficTarget
{
    public override bool TakesPlainMemory => false;

    public override MappedBuffer Allocate(int lengthInBytes) => disk.Controller.AllocateBuffer(lengthInBytes);

    public override ValueTask<int> ReadAsync(ulong lba, DmaMemory memory) => queue.ReadAsync(disk, lba, memory);

    public override ValueTask<int> WriteAsync(ulong lba, DmaMemory memory) => queue.WriteAsync(disk, lba, memory);

    public override ValueTask<int> ReadAsync(ulong lba, Memory<byte> memory) => throw new NotSupportedException();

    public override ValueTask<int> WriteAsync(ulong lba, ReadOnlyMemory<byte> memory) => throw new NotSupportedException();

    public override Task FlushAsync() => queue.FlushAsync(disk).AsTask();

    public override Task WriteZeroesAsync(ulong lba, int blocks) => queue.WriteZeroesAsync(disk, lba, blocks).AsTask();
}
