using System.Diagnostics;
using System.Runtime.InteropServices;
using VfioSharp.Emulation.Nvme.Admin;
using VfioSharp.Emulation.Nvme.Queues;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

/// <summary>
/// A controller from the moment that the driver enables it to the next reset (NVMe Base 2.0, 3.5 and 3.7.2): its queues, what it knows of the
/// driver, and what it does for it. A reset forgets the object, so that nothing of it needs to be undone; work that waits for memory meanwhile
/// finds <see cref="IsOver"/> set.
/// </summary>
internal sealed partial class ActiveController
{
    // How many commands of a queue are executed before the next queue's.
    private const int MostFetched = 32;

    // Asking for the time costs as much as a small part of a command: some turns stand for all of them.
    private const uint TurnsBetweenClocks = 16;

    private readonly ControllerParts _parts;
    private readonly AdminCommands _admin;
    private readonly SubmissionEntry[] _fetched = new SubmissionEntry[MostFetched];
    private uint _turns;

    /// <summary>Enables a controller.</summary>
    /// <param name="parts">What outlasts it.</param>
    /// <param name="configuration">CC.</param>
    /// <param name="adminQueues">AQA, ASQ and ACQ.</param>
    /// <param name="page">The page of the doorbells; null where they are trapped.</param>
    public ActiveController(ControllerParts parts, ControllerConfiguration configuration, AdminQueueRegisters adminQueues, SharedBarMemory? page)
    {
        _parts = parts;
        Configuration = configuration;
        _page = page;
        AllocatedQueuePairs = parts.Options.MaxQueuePairs;
        _submissionOfId = new SubmissionQueue?[parts.Options.MaxQueuePairs + 1];
        _completionOfId = new CompletionQueue?[parts.Options.MaxQueuePairs + 1];
        _submissions = [];
        _completions = [];
        var completion = new CompletionQueue(0, adminQueues.CompletionAddress, adminQueues.CompletionEntries, 0) { Users = 1 };
        Add(completion, null);
        Add(new SubmissionQueue(0, adminQueues.SubmissionAddress, adminQueues.SubmissionEntries, completion), null);
        _admin = new AdminCommands(parts, this);
    }

    /// <summary>CC as it was when the controller was enabled.</summary>
    public ControllerConfiguration Configuration { get; }

    /// <summary>Whether the controller was reset: nothing is posted any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>CSTS.CFS: whether the controller can go on no more, as its queues do not lie in memory.</summary>
    public bool IsFatal { get; private set; }

    /// <summary>Resets the controller.</summary>
    public void End()
    {
        IsOver = true;
        StopKeepAlive();
    }

    private bool IsStopped => IsOver || IsFatal;

    /// <summary>Looks at every doorbell, executes what is there, posts what has become of it, and interrupts.</summary>
    /// <returns>Whether there was something.</returns>
    public bool Poll(FunctionHost host)
    {
        if (IsStopped)
            return false;
        LookAtTails(host);
        var hasFound = PostEvents(host);
        var since = 0L;
        for (var i = 0; i < _submissions.Length && !IsStopped; i++)
        {
            if (_submissions[i] is not { Waiting: not 0 } queue)
                continue;
            if (since == 0 && ++_turns % TurnsBetweenClocks == 0)
                since = Stopwatch.GetTimestamp();
            hasFound |= Serve(queue, host);
        }

        if (since != 0)
            _parts.Health.CountBusy(since, TurnsBetweenClocks);
        if (!hasFound)
            LookAtHeads();
        if (!IsOver)
            Interrupt(host);
        return hasFound;
    }

    private bool Serve(SubmissionQueue queue, FunctionHost host)
    {
        var completion = queue.Completion;
        if (completion.Room < queue.Waiting)
            LookAtHead(completion);
        var count = Math.Min(Math.Min(queue.Waiting, completion.Room), Math.Min(queue.UntilEnd, MostFetched));
        if (count <= 0)
            return false;
        var commands = _fetched.AsSpan(0, count);
        if (!host.ReadMemory(queue.HeadAddress, MemoryMarshal.AsBytes(commands)))
            return Fail();
        for (var i = 0; i < commands.Length && !IsStopped; i++)
        {
            queue.Advance();
            if (TryExecute(queue, in commands[i], host, out var result, out var status) && !IsOver)
                Complete(queue, in commands[i], result, status, host);
        }

        Post(completion, host);
        if (queue.Id == 0)
            CallForAdmin(host);
        return true;
    }

    // False where the completion comes later.
    private bool TryExecute(SubmissionQueue queue, in SubmissionEntry command, FunctionHost host, out uint result, out NvmeStatus status)
    {
        if (queue.Id == 0)
            return _admin.TryExecute(in command, host, out result, out status);
        result = 0;
        status = ExecuteIo(in command, host);
        return true;
    }

    private void Complete(SubmissionQueue queue, in SubmissionEntry command, uint result, NvmeStatus status, FunctionHost host)
    {
        if (!status.IsSuccess)
            status = Record(queue, in command, status);
        queue.Completion.Add(result, queue.Head, queue.Id, command.CommandId, status);
        if (queue.Completion.IsGatheringFull)
            Post(queue.Completion, host);
    }

    private NvmeStatus Record(SubmissionQueue queue, in SubmissionEntry command, NvmeStatus status)
    {
        _parts.Errors.Add((ushort)queue.Id, command.CommandId, status, command.NamespaceId, queue.Id == 0 ? 0 : command.StartLba);
        return status.WithMore();
    }

    private void Post(CompletionQueue queue, FunctionHost host)
    {
        if (!IsStopped && !queue.TryPost(host))
            Fail();
    }

    // 3.1.3.6, CFS: a queue that does not lie in memory leaves no way to say so.
    private bool Fail()
    {
        IsFatal = true;
        return true;
    }
}
