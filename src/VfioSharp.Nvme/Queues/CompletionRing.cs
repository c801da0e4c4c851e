using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>
/// The host's side of a completion queue (NVMe Base 2.0, 3.3.1 and 3.3.3.2): takes entries as their phase tag tells that they are new. Nothing
/// is believed of what an entry says; it is only read, once. For one thread at a time.
/// </summary>
internal sealed unsafe class CompletionRing
{
    private const ulong PhaseBit = 1UL << 48;

    private readonly byte* _memory;
    private readonly Doorbell _doorbell;
    private readonly uint _entryCount;
    private readonly uint _mostUnacknowledged;
    private uint _head;
    private ulong _phase = PhaseBit;
    private uint _unacknowledged;

    /// <param name="memory">The entries, zeroed, in memory that outlasts the ring.</param>
    /// <param name="entryCount">How many there are: at least 2.</param>
    /// <param name="mostUnacknowledged">How many entries may be taken before the controller has to be told, so that it never lacks room.</param>
    /// <param name="doorbell">The head doorbell.</param>
    public CompletionRing(byte* memory, int entryCount, int mostUnacknowledged, Doorbell doorbell)
    {
        _memory = memory;
        _entryCount = (uint)entryCount;
        _mostUnacknowledged = (uint)mostUnacknowledged;
        _doorbell = doorbell;
    }

    /// <summary>How many entries there are.</summary>
    public int EntryCount => (int)_entryCount;

    /// <summary>Takes the next entry, if there is a new one.</summary>
    /// <remarks>
    /// The upper eight bytes, which have the phase tag, are read by one load, which acquires: the lower eight are read after it, so that they are
    /// those that the controller wrote before the tag.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(out Completion completion)
    {
        var entry = (ulong*)(_memory + (_head * CompletionEntry.SizeInBytes));
        var upper = FromLittleEndian(Volatile.Read(ref entry[1]));
        if ((upper & PhaseBit) != _phase)
        {
            completion = default;
            return false;
        }

        completion = new Completion(FromLittleEndian(entry[0]), upper);
        var next = _head + 1;
        if (next == _entryCount)
        {
            next = 0;
            _phase ^= PhaseBit;
        }

        _head = next;
        _unacknowledged++;
        return true;
    }

    /// <summary>Tells the controller how far the queue was read, if it could lack room otherwise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Acknowledge()
    {
        if (_unacknowledged > _mostUnacknowledged)
            AcknowledgeAll();
    }

    private void AcknowledgeAll()
    {
        _unacknowledged = 0;
        _doorbell.Ring(_head);
    }

    private static ulong FromLittleEndian(ulong value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
}

/// <summary>A completion as it was read, once, from memory that the controller may go on writing.</summary>
/// <param name="Result">DW0 and DW1.</param>
/// <param name="Upper">DW2 and DW3: SQHD, SQID, CID, phase tag and status.</param>
internal readonly record struct Completion(ulong Result, ulong Upper)
{
    public ushort SubmissionHead => (ushort)Upper;

    public ushort SubmissionQueueId => (ushort)(Upper >> 16);

    public ushort CommandId => (ushort)(Upper >> 32);

    public NvmeStatus Status => NvmeStatus.FromEntry((ushort)(Upper >> 48));
}
