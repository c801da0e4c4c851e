using VfioSharp.Emulation.Nvme.Queues;

namespace VfioSharp.Emulation.Nvme;

// Which queues there are. They come and go by commands of the admin queue, which is the first in both lists and stays.
internal sealed partial class ActiveController
{
    private readonly SubmissionQueue?[] _submissionOfId;
    private readonly CompletionQueue?[] _completionOfId;
    private SubmissionQueue[] _submissions;
    private CompletionQueue[] _completions;

    // As many doorbells are looked at in the driver's memory as this has had.
    private int _highestQueue;

    /// <summary>The logarithm of the page that the driver has chosen, CC.MPS.</summary>
    public int PageShift => Configuration.PageShift;

    /// <summary>How many I/O queues of each kind the driver may create: what Number of Queues has granted (5.27.1.5).</summary>
    public int AllocatedQueuePairs { get; set; }

    /// <summary>Whether there are I/O queues.</summary>
    public bool HasIoQueues => _completions.Length > 1;

    /// <summary>How many vectors queues may have.</summary>
    public int VectorCount => _parts.Options.MaxQueuePairs + 1;

    /// <summary>The submission queue of a number, or null.</summary>
    public SubmissionQueue? FindSubmission(int id) => id < _submissionOfId.Length ? _submissionOfId[id] : null;

    /// <summary>The completion queue of a number, or null.</summary>
    public CompletionQueue? FindCompletion(int id) => id < _completionOfId.Length ? _completionOfId[id] : null;

    /// <summary>Adds a queue of a number that has none.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="host">The driver's memory; null where it is not needed yet.</param>
    public void Add(CompletionQueue queue, FunctionHost? host)
    {
        ClearDoorbell(2 * queue.Id + 1, host);
        _completionOfId[queue.Id] = queue;
        _completions = [.. _completions, queue];
        _highestQueue = Math.Max(_highestQueue, queue.Id);
    }

    /// <summary>Adds a queue of a number that has none.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="host">The driver's memory; null where it is not needed yet.</param>
    public void Add(SubmissionQueue queue, FunctionHost? host)
    {
        ClearDoorbell(2 * queue.Id, host);
        _submissionOfId[queue.Id] = queue;
        _submissions = [.. _submissions, queue];
    }

    /// <summary>Takes a queue away that nobody posts to.</summary>
    public void Remove(CompletionQueue queue)
    {
        _completionOfId[queue.Id] = null;
        _completions = Array.FindAll(_completions, other => !ReferenceEquals(other, queue));
    }

    /// <summary>Takes a queue away; commands that were not fetched are never executed (5.7).</summary>
    public void Remove(SubmissionQueue queue)
    {
        queue.Completion.Users--;
        _submissionOfId[queue.Id] = null;
        _submissions = Array.FindAll(_submissions, other => !ReferenceEquals(other, queue));
    }
}
