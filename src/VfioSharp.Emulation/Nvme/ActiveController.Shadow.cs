using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// Shadow doorbells (NVMe Base 2.0, 5.8): a driver leaves the doorbells of its I/O queues in memory, and writes the real one where it passes the
// value that the controller has left beside it (EventIdx). While the controller looks it leaves that value alone, so that there is one such write
// a round of the queue at most; before it rests it leaves the values that it knows, so that the next doorbell is a real one.
internal sealed partial class ActiveController
{
    private ulong _shadows;
    private ulong _eventIndexes;
    private Le32[] _doorbellCopies = [];
    private bool _usesShadows;

    /// <summary>Whether the driver may have shadow doorbells: where a page of them is shared, that is as good.</summary>
    public bool HasShadowDoorbells => _page is null;

    /// <summary>Whether doorbells have to be looked for.</summary>
    public bool NeedsPolling => !IsStopped && (_page is not null || _usesShadows);

    /// <summary>Doorbell Buffer Config: the doorbells of I/O queues are in memory from now on.</summary>
    /// <param name="shadows">Where, in the order of the registers.</param>
    /// <param name="eventIndexes">Where the controller leaves the values that call it.</param>
    /// <param name="host">The driver's memory.</param>
    public NvmeStatus UseShadowDoorbells(ulong shadows, ulong eventIndexes, FunctionHost host)
    {
        var pageMask = (1ul << PageShift) - 1;
        if (((shadows | eventIndexes) & pageMask) != 0 || shadows == eventIndexes)
            return NvmeStatus.Final(StatusCode.InvalidField);
        _doorbellCopies = new Le32[2 * _submissionOfId.Length];
        (_shadows, _eventIndexes) = (shadows, eventIndexes);
        // What the driver has written to the registers so far is what it finds there.
        CopyOwnDoorbells();
        var bytes = MemoryMarshal.AsBytes(_doorbellCopies.AsSpan());
        if (!host.WriteMemory(shadows, bytes) || !host.WriteMemory(eventIndexes, bytes))
            return StatusCode.DataTransferError;
        _usesShadows = true;
        return NvmeStatus.Success;
    }

    /// <summary>Sees to it that the next doorbell calls the controller, and looks once more.</summary>
    /// <returns>Whether it will; otherwise doorbells have to be looked for.</returns>
    public bool TryRest(FunctionHost host)
    {
        if (IsStopped)
            return true;
        if (!_usesShadows)
            return _page is null;
        CopyOwnDoorbells();
        if (!host.WriteMemory(_eventIndexes, MemoryMarshal.AsBytes(UsedCopies)))
        {
            Fail();
            return true;
        }

        // The values are there before the doorbells are looked at: a driver that stores its doorbell before it looks at the value misses nothing.
        Thread.MemoryBarrier();
        return !IsOver && !LookAtShadows(host);
    }

    private Span<Le32> UsedCopies => _doorbellCopies.AsSpan(0, 2 * (_highestQueue + 1));

    // Drivers differ in whether the admin queue's are in memory, too: its registers are always to be written.
    private void CallForAdmin(FunctionHost host)
    {
        if (!_usesShadows)
            return;
        CopyOwnDoorbells();
        if (!IsStopped && !host.WriteMemory(_eventIndexes, MemoryMarshal.AsBytes(_doorbellCopies.AsSpan(0, 2))))
            Fail();
    }

    private void CopyOwnDoorbells()
    {
        foreach (var queue in _submissions)
            _doorbellCopies[2 * queue.Id] = (uint)queue.Tail;
        foreach (var queue in _completions)
            _doorbellCopies[2 * queue.Id + 1] = (uint)queue.Head;
    }

    // Whether there is something new.
    private bool LookAtShadows(FunctionHost host)
    {
        if (!host.ReadMemory(_shadows, MemoryMarshal.AsBytes(UsedCopies)))
            return Fail();
        if (IsOver)
            return false;
        // Commands, and completions that were taken, are behind the doorbells that tell of them.
        Volatile.ReadBarrier();
        var hasNews = false;
        foreach (var queue in _submissions)
        {
            if (queue.Id != 0)
                hasNews |= Take(queue.Ring(_doorbellCopies[2 * queue.Id]), queue.Id);
        }

        foreach (var queue in _completions)
        {
            if (queue.Id != 0)
                hasNews |= Take(queue.Ring(_doorbellCopies[2 * queue.Id + 1]), queue.Id);
        }

        return hasNews;
    }

    // A queue that is new begins at 0, whatever an earlier one of its number left.
    private void ClearShadow(int doorbell, FunctionHost host)
    {
        var zero = default(Le32);
        var bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref zero, 1));
        var offset = (ulong)doorbell * DoorbellInBytes;
        if (_usesShadows && !(host.WriteMemory(_shadows + offset, bytes) && host.WriteMemory(_eventIndexes + offset, bytes)))
            Fail();
    }
}
