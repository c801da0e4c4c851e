using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Queues;

/// <summary>What a doorbell's value told.</summary>
internal enum Ringing
{
    /// <summary>What was known.</summary>
    Nothing,

    /// <summary>Something new.</summary>
    News,

    /// <summary>Nothing that a driver could mean; told once for a value.</summary>
    Nonsense,
}

/// <summary>A submission queue as the controller sees it (NVMe Base 2.0, 3.3.1).</summary>
internal sealed class SubmissionQueue(int id, ulong address, int entries, CompletionQueue completion)
{
    private uint _lastRung;

    /// <summary>Its number; 0 for the admin queue.</summary>
    public int Id { get; } = id;

    /// <summary>How many entries it has, one of which stays free.</summary>
    public int Entries { get; } = entries;

    /// <summary>Where its completions go.</summary>
    public CompletionQueue Completion { get; } = completion;

    /// <summary>The next entry to be read.</summary>
    public int Head { get; private set; }

    /// <summary>The driver's next free entry, as far as it has told.</summary>
    public int Tail { get; private set; }

    /// <summary>How many commands wait.</summary>
    public int Waiting => Tail >= Head ? Tail - Head : Tail + Entries - Head;

    /// <summary>How many entries lie in one piece from the next one on.</summary>
    public int UntilEnd => Entries - Head;

    /// <summary>Where the next entry lies.</summary>
    public ulong HeadAddress => unchecked(address + (ulong)Head * SubmissionEntry.SizeInBytes);

    /// <summary>Whether all of it lies below 2^64.</summary>
    public bool IsPossible => address <= ulong.MaxValue - (ulong)Entries * SubmissionEntry.SizeInBytes + 1;

    /// <summary>Takes an entry out.</summary>
    public void Advance() => Head = Head + 1 == Entries ? 0 : Head + 1;

    /// <summary>Takes the value of its doorbell (3.1.3.24: SQ y TDBL).</summary>
    public Ringing Ring(uint value)
    {
        if (value == _lastRung)
            return Ringing.Nothing;
        _lastRung = value;
        // The tail only goes forward, and not over the head: what waits becomes more.
        if (value >= (uint)Entries || Distance((int)value) < Waiting)
            return Ringing.Nonsense;
        Tail = (int)value;
        return Ringing.News;
    }

    private int Distance(int tail) => tail >= Head ? tail - Head : tail + Entries - Head;
}
