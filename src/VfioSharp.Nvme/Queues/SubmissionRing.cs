using System.Runtime.CompilerServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>
/// The host's side of a submission queue (NVMe Base 2.0, 3.3.1): where the next command goes, and how far the controller was told. It does not
/// look whether the queue is full: whoever has no more commands at the controller than there are entries, less one, never overruns it, whatever
/// the controller says of its head. For one thread at a time.
/// </summary>
internal sealed unsafe class SubmissionRing
{
    private readonly byte* _memory;
    private readonly ControllerMemory? _controllerMemory;
    private readonly Doorbell _doorbell;
    private readonly uint _entryCount;
    private uint _tail;
    private uint _toldTail;

    /// <param name="memory">The entries in the host's memory, which outlasts the ring; not looked at where the controller's memory has them.</param>
    /// <param name="controllerMemory">The entries in the controller's memory, or null.</param>
    /// <param name="entryCount">How many there are: at least 2.</param>
    /// <param name="doorbell">The tail doorbell.</param>
    public SubmissionRing(byte* memory, ControllerMemory? controllerMemory, int entryCount, Doorbell doorbell)
    {
        _memory = memory;
        _controllerMemory = controllerMemory;
        _entryCount = (uint)entryCount;
        _doorbell = doorbell;
    }

    /// <summary>How many entries there are.</summary>
    public int EntryCount => (int)_entryCount;

    /// <summary>Whether there are commands of which the controller was not told.</summary>
    public bool MustRing => _tail != _toldTail;

    /// <summary>Puts a command at the tail. The controller is not told before <see cref="Ring"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in SubmissionEntry entry)
    {
        if (_controllerMemory is null)
            Unsafe.WriteUnaligned(_memory + (_tail * SubmissionEntry.SizeInBytes), entry);
        else
            _controllerMemory.Write(_tail * SubmissionEntry.SizeInBytes, in entry);
        var next = _tail + 1;
        _tail = next == _entryCount ? 0 : next;
    }

    /// <summary>Tells the controller of the commands that were added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ring()
    {
        _controllerMemory?.Flush();
        _toldTail = _tail;
        _doorbell.Ring(_tail);
    }
}
