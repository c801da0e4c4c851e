using VfioSharp.Dma;
using VfioSharp.Interrupts;
using VfioSharp.Nvme.Specification;
using VfioSharp.Regions;

namespace VfioSharp.Nvme;

/// <summary>
/// A submission queue and a completion queue of a controller (NVMe Base 2.0, 3.3): the way that commands go and come back. Made by
/// <see cref="NvmeController"/>; whoever asked for it owns it and disposes of it. It ends with the controller, and with the controller's next
/// reset: then what is outstanding ends with <see cref="NvmeFailure.Reset"/> or the reset's reason, and a new one has to be made.
/// </summary>
/// <remarks>
/// <para>Threads: one thread at a time uses a queue pair of <see cref="NvmeCompletionMode.Manual"/>, <see cref="Poll"/> and
/// <see cref="Dispose"/> included; it takes no lock. A program gives each of its threads a pair of its own. The other two modes have a thread that
/// reaps, and there submissions may come from any thread: they take turns.</para>
/// <para>What follows an await runs where it cannot keep completions from being reaped: in the thread pool or the captured context, where the
/// queue pair has a thread (unless <see cref="NvmeQueueOptions.Continuations"/> says otherwise); inside of <see cref="Poll"/> with Manual, in the thread that calls it, so that code there may submit, and even poll,
/// but what it blocks on must not need another call of Poll by the same thread. Commands submitted inside of Poll are told to the controller together, at its end.</para>
/// <para>A value task that was returned is awaited once, as every one. No command allocates, once as many as are outstanding at a time were made.
/// Its memory belongs to the controller until the value task has ended, and it ends only when the controller has given the command back or has been stopped:
/// neither cancellation nor a time-out returns earlier. Both abort the command; where Abort does not help against a time-out, the controller is reset.</para>
/// </remarks>
public sealed unsafe partial class NvmeQueuePair : IAsyncDisposable, IDisposable
{
    private readonly QueuePairSetup _setup;
    private readonly MappedBuffer? _memory;
    private readonly ControllerMemory? _controllerMemory;
    private readonly RegionWindow? _registers;
    private readonly ShadowDoorbells? _shadows;
    private readonly SubmissionRing _submissions;
    private readonly CompletionRing _completions;
    private readonly DataPointers _data;
    private readonly FreeSlots _freeSlots;
    private readonly CommandPool _pool;
    private readonly long _timeoutInMilliseconds;

    // By slot: the command there, which is at the controller, and the identifier that the slot's last command had.
    private readonly NvmeCommand?[] _inFlight;
    private readonly ushort[] _ids;
    private readonly int _slotBits;

    /// <summary>Makes the memory of both queues. The controller learns of them by the owner, who then calls <see cref="Start"/>.</summary>
    /// <exception cref="VfioException">There is no memory, or it cannot be mapped. Nothing is left behind.</exception>
    internal NvmeQueuePair(QueuePairSetup setup)
    {
        _setup = setup;
        Depth = Math.Min(setup.Depth, Math.Min(setup.MaxQueueEntries - 1, NvmeQueueOptions.MaxDepth));
        if (Depth < 1)
            throw new ArgumentOutOfRangeException(nameof(setup), setup.Depth, "A queue pair holds at least one command.");
        _gate = HasThread ? new object() : null;
        _timeoutInMilliseconds = InMilliseconds(setup.CommandTimeout);
        _checkPeriodInMilliseconds = CheckPeriod(_timeoutInMilliseconds);
        while (1 << _slotBits <= Depth)
            _slotBits++;
        _inFlight = new NvmeCommand?[Depth];
        _ids = new ushort[Depth];
        for (var slot = 0; slot < Depth; slot++)
            _ids[slot] = (ushort)slot;
        _freeSlots = new FreeSlots(Depth);
        _pool = new CommandPool(this);

        var page = setup.PageSizeInBytes;
        var submissionEntries = Depth + 1;
        // Twice the room that the commands need lets the head doorbell be rung once for many completions.
        var completionEntries = Math.Min(setup.MaxQueueEntries, 2 * (Depth + 1));
        var submissionOffset = RoundUp(completionEntries * CompletionEntry.SizeInBytes, page);
        _controllerMemory = setup.ControllerMemory?.Allocate(submissionEntries * SubmissionEntry.SizeInBytes, page);
        var submissionLength = _controllerMemory is null ? RoundUp(submissionEntries * SubmissionEntry.SizeInBytes, page) : 0;
        var slotOffset = submissionOffset + submissionLength;
        var slotLength = (long)Depth * DataPointers.LengthPerSlot(page, setup.MaxTransferInBytes);
        try
        {
            _memory = MappedBuffer.Allocate(setup.Memory, slotOffset + slotLength, new DmaMapOptions { AlignmentInBytes = (ulong)page });
            _registers = Doorbell.OpenPair(setup);
            if (setup.Id != 0 && setup.Shadows is { } shadows && shadows.Holds(setup.Id))
            {
                shadows.AddReference();
                _shadows = shadows;
            }

            var start = (byte*)_memory.Buffer.Address;
            var iova = _memory.Iova.Value;
            CompletionQueueAddress = iova;
            SubmissionQueueAddress = _controllerMemory?.Address ?? iova + (ulong)submissionOffset;
            var tail = Doorbell.Of(setup, _registers, _shadows, isCompletionQueue: false);
            var head = Doorbell.Of(setup, _registers, _shadows, isCompletionQueue: true);
            _submissions = new SubmissionRing(start + submissionOffset, _controllerMemory, submissionEntries, tail);
            // With interrupts each look is told of: a controller may hold interrupts back until it is.
            var mostUnacknowledged = setup.Vector is null ? completionEntries - 1 - Depth : 0;
            _completions = new CompletionRing(start, completionEntries, mostUnacknowledged, head);
            _data = new DataPointers(start + slotOffset, iova + (ulong)slotOffset, page, setup.MaxTransferInBytes, setup.UseSgl && setup.Id != 0);
        }
        catch
        {
            ReleaseMemory();
            throw;
        }
    }

    /// <summary>QID: the number of both queues at the controller, from 1; the admin queues' is 0.</summary>
    public int Id => _setup.Id;

    /// <summary>How many commands may be at the controller at the same time.</summary>
    public int Depth { get; }

    /// <summary>How completions are noticed.</summary>
    public NvmeCompletionMode Completion => _setup.Completion;

    /// <summary>
    /// How many commands are at the controller. Exact in the thread that uses a queue pair of <see cref="NvmeCompletionMode.Manual"/>, an estimate elsewhere.
    /// </summary>
    public int OutstandingCommands => Depth - _freeSlots.Count;

    /// <summary>Whether the submission queue lies in the controller's own memory (<see cref="NvmeOptions.UseControllerMemory"/>).</summary>
    public bool UsesControllerMemory => _controllerMemory is not null;

    /// <summary>
    /// How many completions belonged to no command: an unknown or stale identifier, a completion that came twice, another queue's number. They
    /// are ignored, as Linux ignores them; a command that is never completed because of such a mistake runs into its time-out.
    /// </summary>
    public long StrayCompletions => Interlocked.Read(ref _strayCompletions);

    /// <summary>The memory of its queues, and of the descriptions of its commands' data.</summary>
    internal MappedBuffer Memory => _memory!;

    /// <summary>PRP1 of Create I/O Submission Queue, or ASQ.</summary>
    internal ulong SubmissionQueueAddress { get; }

    /// <summary>PRP1 of Create I/O Completion Queue, or ACQ.</summary>
    internal ulong CompletionQueueAddress { get; }

    /// <summary>How many entries the submission queue has.</summary>
    internal int SubmissionEntries => _submissions.EntryCount;

    /// <summary>How many entries the completion queue has.</summary>
    internal int CompletionEntries => _completions.EntryCount;

    /// <summary>The vector of the completion queue; null where it is not to interrupt.</summary>
    internal InterruptVector? Vector => _setup.Vector;

    /// <summary>The controller.</summary>
    internal IQueueOwner Owner => _setup.Owner;

    /// <summary>Whether it has a thread of its own that reaps.</summary>
    internal bool HasThread => _setup.Completion != NvmeCompletionMode.Manual;

    /// <summary>Whether what follows an await runs in another thread than the one that reaps.</summary>
    internal bool ContinuesElsewhere => HasThread && _setup.Continuations == NvmeContinuations.InThreadPool;

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    private static long InMilliseconds(TimeSpan timeout) =>
        timeout == Timeout.InfiniteTimeSpan ? 0 : Math.Max(1, (long)timeout.TotalMilliseconds);
}
