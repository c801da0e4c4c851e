using System.Threading.Tasks.Sources;
using VfioSharp.Dma;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

// The same without a task, for a thread that has nothing else to do.
public sealed partial class NvmeQueuePair
{
    private const int SpinsPerYield = 1024;

    /// <summary>
    /// Reads logical blocks and returns when they are there. The thread polls the queue pair meanwhile with <see cref="NvmeCompletionMode.Manual"/>, spins with
    /// <see cref="NvmeCompletionMode.Polled"/>, and sleeps with <see cref="NvmeCompletionMode.Interrupt"/>.
    /// </summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="memory">Takes the data, as for <see cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)"/>.</param>
    /// <returns>How many bytes were moved, which is all of them.</returns>
    /// <inheritdoc cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)" path="/exception"/>
    public int Read(NvmeNamespace @namespace, ulong lba, DmaMemory memory) => Move(IoOpcode.Read, @namespace, lba, in memory);

    /// <summary>Writes logical blocks and returns when the controller has them. Waits as <see cref="Read"/> does.</summary>
    /// <param name="namespace">The namespace, of the same controller.</param>
    /// <param name="lba">The first block.</param>
    /// <param name="memory">The data, as for reading.</param>
    /// <returns>How many bytes were moved, which is all of them.</returns>
    /// <inheritdoc cref="ReadAsync(NvmeNamespace, ulong, DmaMemory, CancellationToken)" path="/exception"/>
    public int Write(NvmeNamespace @namespace, ulong lba, DmaMemory memory) => Move(IoOpcode.Write, @namespace, lba, in memory);

    private int Move(IoOpcode opcode, NvmeNamespace @namespace, ulong lba, in DmaMemory memory)
    {
        var entry = Describe(opcode, @namespace, lba, in memory, out var data);
        var mode = Completion == NvmeCompletionMode.Interrupt ? SendMode.RingAndWait : SendMode.Ring;
        var command = Send(in entry, new CommandData(data), _timeoutInMilliseconds, mode, default, out var version);
        WaitFor(command, version);
        return ((IValueTaskSource<int>)command).GetResult(version);
    }

    private void WaitFor(NvmeCommand command, short version)
    {
        // What follows an await may have come here in the thread that reaps: it goes on reaping.
        if (!HasThread || Thread.CurrentThread == _thread)
        {
            while (command.GetStatus(version) == ValueTaskSourceStatus.Pending)
                Reap();
            return;
        }

        switch (Completion)
        {
            case NvmeCompletionMode.Interrupt:
                command.WaitUntilEnded(version);
                break;
            default:
                // Yields now and then, in case the thread that reaps has to share the processor with this one.
                for (var turn = 1; command.GetStatus(version) == ValueTaskSourceStatus.Pending; turn++)
                {
                    if (turn % SpinsPerYield == 0)
                        Thread.Yield();
                    else
                        Thread.SpinWait(1);
                }

                break;
        }
    }
}
