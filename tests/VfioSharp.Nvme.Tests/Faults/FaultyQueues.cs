namespace VfioSharp.Nvme.Tests.Faults;

/// <summary>A completion queue as the controller sees it.</summary>
internal sealed class FaultyCompletionQueue(ushort id, ulong iova, int entries, int? vector)
{
    public ushort Id { get; } = id;

    public ulong Iova { get; } = iova;

    public int Entries { get; } = entries;

    /// <summary>Null where the driver wants no interrupts.</summary>
    public int? Vector { get; } = vector;

    public int Tail { get; private set; }

    public bool Phase { get; private set; } = true;

    public void Advance()
    {
        if (++Tail != Entries)
            return;
        Tail = 0;
        Phase = !Phase;
    }
}

/// <summary>A submission queue as the controller sees it.</summary>
internal sealed class FaultySubmissionQueue(ushort id, ulong iova, int entries, FaultyCompletionQueue completions)
{
    public ushort Id { get; } = id;

    public ulong Iova { get; } = iova;

    public int Entries { get; } = entries;

    public FaultyCompletionQueue Completions { get; } = completions;

    public int Head { get; private set; }

    /// <summary>What the driver wrote to the doorbell last.</summary>
    public int Tail { get; set; }

    public void Advance() => Head = (Head + 1) % Entries;
}

/// <summary>A command as it lay in its queue (NVMe Base 2.0, figure 87).</summary>
internal sealed record FaultyCommand(FaultySubmissionQueue Queue, byte[] Entry)
{
    public const int LengthInBytes = 64;

    public byte Opcode => Entry[0];

    public ushort Id => BitConverter.ToUInt16(Entry, 2);

    public uint NamespaceId => Dword(1);

    public ulong Prp1 => BitConverter.ToUInt64(Entry, 24);

    public ulong Prp2 => BitConverter.ToUInt64(Entry, 32);

    /// <summary>CDW10 + LBA's upper half in CDW11.</summary>
    public ulong Lba => BitConverter.ToUInt64(Entry, 40);

    public bool IsAdmin => Queue.Id == 0;

    public uint Dword(int number) => BitConverter.ToUInt32(Entry, number * sizeof(uint));
}
