using VfioSharp.Dma;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

// Commands that could not be sent at once: the controller is being reset, and they go when it is back; or it is down, and their tasks end with the
// reason. Apart from those that can, so that nothing is allocated for them.
public sealed partial class NvmeNamespace
{
    private async ValueTask<int> MoveLaterAsync(IoOpcode opcode, Exception failure, ulong lba, DmaMemory memory, CancellationToken cancellationToken)
    {
        var command = await SendLaterAsync(failure, queue => MoveAsync(queue, opcode, lba, memory, cancellationToken), cancellationToken).ConfigureAwait(false);
        return await command.ConfigureAwait(false);
    }

    private ValueTask<int> MoveAsync(NvmeQueuePair queue, IoOpcode opcode, ulong lba, DmaMemory memory, CancellationToken cancellationToken) => opcode switch
    {
        IoOpcode.Read => queue.ReadAsync(this, lba, memory, cancellationToken),
        IoOpcode.Write => queue.WriteAsync(this, lba, memory, cancellationToken),
        _ => queue.CompareAsync(this, lba, memory, cancellationToken),
    };

    private async ValueTask FlushLaterAsync(Exception failure, CancellationToken cancellationToken)
    {
        var command = await SendLaterAsync(failure, queue => queue.FlushAsync(this, cancellationToken), cancellationToken).ConfigureAwait(false);
        await command.ConfigureAwait(false);
    }

    private async ValueTask DeallocateLaterAsync(Exception failure, NvmeBlockRange[] ranges, CancellationToken cancellationToken)
    {
        var command = await SendLaterAsync(failure, queue => queue.DeallocateAsync(this, ranges, cancellationToken), cancellationToken).ConfigureAwait(false);
        await command.ConfigureAwait(false);
    }

    // Sends on the controller's own queue pair, which may end between being found and the command being in it: then the next one is looked for. One that has
    // failed may still be found for a while, and its failure is the answer then; one that is disposed of is not found again. What is sent is never sent again:
    // the command's own end is the value task's.
    private async ValueTask<TCommand> SendLaterAsync<TCommand>(Exception? failure, Func<NvmeQueuePair, TCommand> send, CancellationToken cancellationToken)
    {
        NvmeQueuePair? last = null;
        while (true)
        {
            var queue = await Controller.FindNextQueueAsync(failure, cancellationToken).ConfigureAwait(false);
            try
            {
                return send(queue);
            }
            catch (Exception exception) when ((exception is NvmeException && queue != last) || queue.IsDisposed)
            {
                (failure, last) = (exception, queue);
            }
        }
    }
}
