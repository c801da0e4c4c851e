using VfioSharp.Emulation.Nvme.Queues;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

// NVMe over PCIe 1.0, 3.1 (NVMe Base 2.0, 5.4 to 5.7): I/O queues come and go.
internal sealed partial class AdminCommands
{
    private const uint PhysicallyContiguous = 1;
    private const uint InterruptsEnabled = 2;
    private const int SubmissionEntryShift = 6;
    private const int CompletionEntryShift = 4;

    private NvmeStatus CreateCompletionQueue(in SubmissionEntry command, FunctionHost host)
    {
        var id = (int)(command.Dword10 & 0xffff);
        var entries = (int)(command.Dword10 >> 16) + 1;
        var vector = (int)(command.Dword11 >> 16);
        if (id == 0 || id > controller.AllocatedQueuePairs || controller.FindCompletion(id) is not null)
            return NvmeStatus.Final(StatusCode.InvalidQueueIdentifier);
        if (!IsQueueSize(entries) || controller.Configuration.CompletionEntryShift != CompletionEntryShift)
            return NvmeStatus.Final(StatusCode.InvalidQueueSize);
        if (CheckMemory(in command) is { IsSuccess: false } refusal)
            return refusal;
        if (vector >= controller.VectorCount)
            return NvmeStatus.Final(StatusCode.InvalidInterruptVector);
        var queue = new CompletionQueue(id, command.Prp1, entries, (command.Dword11 & InterruptsEnabled) != 0 ? vector : null);
        if (!queue.IsPossible)
            return NvmeStatus.Final(StatusCode.InvalidField);
        // CMBSZ.CQS: the controller memory buffer is not for completion queues.
        if (parts.Buffer?.Meets(command.Prp1, (ulong)entries * CompletionEntry.SizeInBytes) == true)
            return NvmeStatus.Final(StatusCode.InvalidUseOfControllerMemoryBuffer);
        controller.Add(queue, host);
        return NvmeStatus.Success;
    }

    private NvmeStatus CreateSubmissionQueue(in SubmissionEntry command, FunctionHost host)
    {
        var id = (int)(command.Dword10 & 0xffff);
        var entries = (int)(command.Dword10 >> 16) + 1;
        var completionId = (int)(command.Dword11 >> 16);
        // 5.5: a number that no completion queue can have, and one that none has at present, are two mistakes; the admin queue's is the first.
        if (completionId == 0 || completionId > controller.AllocatedQueuePairs)
            return NvmeStatus.Final(StatusCode.InvalidQueueIdentifier);
        if (controller.FindCompletion(completionId) is not { } completion)
            return NvmeStatus.Final(StatusCode.CompletionQueueInvalid);
        if (id == 0 || id > controller.AllocatedQueuePairs || controller.FindSubmission(id) is not null)
            return NvmeStatus.Final(StatusCode.InvalidQueueIdentifier);
        if (!IsQueueSize(entries) || controller.Configuration.SubmissionEntryShift != SubmissionEntryShift)
            return NvmeStatus.Final(StatusCode.InvalidQueueSize);
        if (CheckMemory(in command) is { IsSuccess: false } refusal)
            return refusal;
        var queue = new SubmissionQueue(id, command.Prp1, entries, completion);
        if (!queue.IsPossible)
            return NvmeStatus.Final(StatusCode.InvalidField);
        completion.Users++;
        controller.Add(queue, host);
        return NvmeStatus.Success;
    }

    private NvmeStatus DeleteSubmissionQueue(in SubmissionEntry command)
    {
        var id = (int)(command.Dword10 & 0xffff);
        if (id == 0 || controller.FindSubmission(id) is not { } queue)
            return NvmeStatus.Final(StatusCode.InvalidQueueIdentifier);
        controller.Remove(queue);
        return NvmeStatus.Success;
    }

    private NvmeStatus DeleteCompletionQueue(in SubmissionEntry command)
    {
        var id = (int)(command.Dword10 & 0xffff);
        if (id == 0 || controller.FindCompletion(id) is not { } queue)
            return NvmeStatus.Final(StatusCode.InvalidQueueIdentifier);
        if (queue.Users != 0)
            return NvmeStatus.Final(StatusCode.InvalidQueueDeletion);
        controller.Remove(queue);
        return NvmeStatus.Success;
    }

    private bool IsQueueSize(int entries) => entries >= 2 && entries <= parts.Capabilities.MaxQueueEntries;

    // CAP.CQR: queues lie in one piece, from the beginning of a page on.
    private NvmeStatus CheckMemory(in SubmissionEntry command)
    {
        if ((command.Dword11 & PhysicallyContiguous) == 0)
            return NvmeStatus.Final(StatusCode.InvalidField);
        return (command.Prp1 & ((1ul << controller.PageShift) - 1)) != 0 ? NvmeStatus.Final(StatusCode.PrpOffsetInvalid) : NvmeStatus.Success;
    }
}
