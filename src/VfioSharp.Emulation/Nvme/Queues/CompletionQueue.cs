using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Queues;

/// <summary>
/// A completion queue as the controller sees it (NVMe Base 2.0, 3.3.1). Completions are gathered and posted together: of those, the one that the
/// driver looks at first is written last, and of that one the half with the phase tag.
/// </summary>
internal sealed class CompletionQueue(int id, ulong address, int entries, int? vector)
{
    /// <summary>How many completions are gathered at most: as many as the driver may wait for while more commands are executed.</summary>
    public const int MostGathered = 8;

    private const int HalfInBytes = CompletionEntry.SizeInBytes / 2;

    private readonly CompletionEntry[] _gathered = new CompletionEntry[MostGathered];
    private int _gatheredCount;
    private uint _lastRung;
    private bool _phase = true;

    /// <summary>Its number; 0 for the admin queue.</summary>
    public int Id { get; } = id;

    /// <summary>How many entries it has, one of which stays free.</summary>
    public int Entries { get; } = entries;

    /// <summary>Its interrupt vector; null where the driver does not want any.</summary>
    public int? Vector { get; } = vector;

    /// <summary>How many submission queues post here.</summary>
    public int Users { get; set; }

    /// <summary>The first entry that the driver has not taken, as far as it has told.</summary>
    public int Head { get; private set; }

    /// <summary>The next entry to be written.</summary>
    public int Tail { get; private set; }

    /// <summary>Whether something was posted since this was last made false.</summary>
    public bool HasNews { get; set; }

    /// <summary>How many more completions there is room for.</summary>
    public int Room => Entries - 1 - Distance(Head, Tail) - _gatheredCount;

    /// <summary>Whether as many are gathered as may be.</summary>
    public bool IsGatheringFull => _gatheredCount == MostGathered;

    /// <summary>Whether all of it lies below 2^64.</summary>
    public bool IsPossible => address <= ulong.MaxValue - (ulong)Entries * CompletionEntry.SizeInBytes + 1;

    /// <summary>Takes the value of its doorbell (3.1.3.25: CQ y HDBL).</summary>
    public Ringing Ring(uint value)
    {
        if (value == _lastRung)
            return Ringing.Nothing;
        _lastRung = value;
        // The head only goes forward, and not over the tail.
        if (value >= (uint)Entries || Distance((int)value, Tail) > Distance(Head, Tail))
            return Ringing.Nonsense;
        Head = (int)value;
        return Ringing.News;
    }

    /// <summary>Gathers a completion; there has to be <see cref="Room"/>, and fewer than <see cref="MostGathered"/>.</summary>
    public void Add(uint result, int submissionHead, int submissionQueue, ushort command, NvmeStatus status)
    {
        var place = Tail + _gatheredCount;
        ref var entry = ref _gathered[_gatheredCount++];
        entry.Result = result;
        entry.UpperResult = 0;
        entry.SubmissionHead = (ushort)submissionHead;
        entry.SubmissionQueueId = (ushort)submissionQueue;
        entry.CommandId = command;
        entry.StatusAndPhase = status.ToEntry(place < Entries ? _phase : !_phase);
    }

    /// <summary>Writes what was gathered.</summary>
    /// <returns>False where the queue does not lie in memory that can be written.</returns>
    public bool TryPost(FunctionHost host)
    {
        if (_gatheredCount == 0)
            return true;
        var bytes = MemoryMarshal.AsBytes(_gathered.AsSpan(0, _gatheredCount));
        var tail = Tail;
        var start = unchecked(address + (ulong)tail * CompletionEntry.SizeInBytes);
        var isWritten = (_gatheredCount == 1 || TryWriteFollowing(host, tail, bytes)) && host.WriteMemory(start, bytes[..HalfInBytes]);
        // Before the driver can see a phase tag: it may answer with its doorbell while this thread still waits for the write to be over.
        Advance();
        HasNews = true;
        // What commands brought into memory, and what was written up to here, is there before the phase tag.
        Volatile.WriteBarrier();
        return isWritten && host.WriteMemory(start + HalfInBytes, bytes[HalfInBytes..CompletionEntry.SizeInBytes]);
    }

    private void Advance()
    {
        Tail += _gatheredCount;
        _gatheredCount = 0;
        if (Tail < Entries)
            return;
        Tail -= Entries;
        _phase = !_phase;
    }

    private bool TryWriteFollowing(FunctionHost host, int tail, Span<byte> bytes)
    {
        var start = unchecked(address + (ulong)tail * CompletionEntry.SizeInBytes);
        var untilEnd = Math.Min(bytes.Length, (Entries - tail) * CompletionEntry.SizeInBytes);
        return (untilEnd == bytes.Length || host.WriteMemory(address, bytes[untilEnd..]))
            && (untilEnd == CompletionEntry.SizeInBytes
                || host.WriteMemory(start + CompletionEntry.SizeInBytes, bytes[CompletionEntry.SizeInBytes..untilEnd]));
    }

    private int Distance(int head, int tail) => tail >= head ? tail - head : tail + Entries - head;
}
