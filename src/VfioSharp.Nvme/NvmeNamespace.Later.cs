using VfioSharp.Dma;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

// Commands that could not be sent at once: the controller is being reset, and they go when it is back; or it is down, and their tasks end with the
// reason. Apart from those that can, so that nothing is allocated for them.
public sealed partial class NvmeNamespace
{
    private async ValueTask<int> MoveLaterAsync(IoOpcode opcode, Exception failure, ulong lba, DmaMemory memory, CancellationToken cancellationToken)
    {
        var queue = await Controller.FindNextQueueAsync(failure, cancellationToken).ConfigureAwait(false);
        return await MoveAsync(queue, opcode, lba, memory, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<int> MoveAsync(NvmeQueuePair queue, IoOpcode opcode, ulong lba, DmaMemory memory, CancellationToken cancellationToken) => opcode switch
    {
        IoOpcode.Read => queue.ReadAsync(this, lba, memory, cancellationToken),
        IoOpcode.Write => queue.WriteAsync(this, lba, memory, cancellationToken),
        _ => queue.CompareAsync(this, lba, memory, cancellationToken),
    };

    private async ValueTask FlushLaterAsync(Exception failure, CancellationToken cancellationToken)
    {
        var queue = await Controller.FindNextQueueAsync(failure, cancellationToken).ConfigureAwait(false);
        await queue.FlushAsync(this, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask DeallocateLaterAsync(Exception failure, NvmeBlockRange[] ranges, CancellationToken cancellationToken)
    {
        var queue = await Controller.FindNextQueueAsync(failure, cancellationToken).ConfigureAwait(false);
        await queue.DeallocateAsync(this, ranges, cancellationToken).ConfigureAwait(false);
    }
}
