using System.Buffers.Binary;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

/// <summary>
/// Drives a controller as the specification's tables say, byte by byte, with none of the library's structures: what both would have wrong would be
/// found by nobody.
/// </summary>
internal sealed class RawDriver : IDisposable
{
    public const ulong Page = 4096;

    private const int MemoryInPages = 256;

    private readonly Dictionary<int, Ring> _rings = [];
    private readonly byte[] _word = new byte[8];
    private ulong _freePage = RecordingHost.Start;
    private ushort _nextCommand;

    public RawDriver(NvmeFunctionOptions? options = null, bool onlyHasLine = false)
        : this(new NvmeFunction(options), onlyHasLine)
    {
    }

    public RawDriver(NvmeFunction function, bool onlyHasLine = false)
    {
        Function = function;
        Host = new RecordingHost((int)(MemoryInPages * Page)) { OnlyHasLine = onlyHasLine };
        Function.WriteConfig(4, [6, 0]);
    }

    public NvmeFunction Function { get; }

    public RecordingHost Host { get; }

    public void Dispose() => Function.Dispose();

    public ulong AllocatePages(int count)
    {
        var start = _freePage;
        _freePage += (ulong)count * Page;
        Assert.True(_freePage <= RecordingHost.Start + MemoryInPages * Page, "The test's driver is out of memory.");
        return start;
    }

    public Span<byte> Memory(ulong iova, int length) => Host.Memory.AsSpan((int)(iova - RecordingHost.Start), length);

    public uint Read32(ulong offset)
    {
        Function.ReadBar(0, offset, _word.AsSpan(0, 4));
        return BinaryPrimitives.ReadUInt32LittleEndian(_word);
    }

    public void Write32(ulong offset, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_word, value);
        Function.WriteBar(0, offset, _word.AsSpan(0, 4));
        Function.RunWork(Host);
    }

    public void Write64(ulong offset, ulong value)
    {
        Write32(offset, (uint)value);
        Write32(offset + 4, (uint)(value >> 32));
    }

    /// <summary>Sets the admin queue up and enables the controller (3.5.1).</summary>
    public void Enable(int entries = 16, uint configuration = 0x0046_0001)
    {
        _rings.Clear();
        var ring = new Ring(AllocatePages(1), AllocatePages(1), entries, entries);
        Memory(ring.Completions, (int)Page).Clear();
        _rings[0] = ring;
        Write32(0x24, (uint)(entries - 1) << 16 | (uint)(entries - 1));
        Write64(0x28, ring.Submissions);
        Write64(0x30, ring.Completions);
        Write32(0x14, configuration);
    }

    /// <summary>Lets the controller look until it finds nothing more.</summary>
    public void Poll()
    {
        for (var looks = 0; looks < 1000 && (Function.Poll(Host) || Function.HasWork); looks++)
            Function.RunWork(Host);
    }

    /// <summary>Puts a command into a queue without telling of it.</summary>
    public ushort Submit(int queue, byte opcode, uint space = 0, ulong prp1 = 0, ulong prp2 = 0, byte flags = 0, params uint[] dwords)
    {
        var ring = _rings[queue];
        var entry = Memory(ring.Submissions + (ulong)ring.Tail * 64, 64);
        entry.Clear();
        var command = _nextCommand++;
        entry[0] = opcode;
        entry[1] = flags;
        BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], command);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], space);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], prp1);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[32..], prp2);
        for (var i = 0; i < dwords.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(entry[(40 + 4 * i)..], dwords[i]);
        ring.Tail = (ring.Tail + 1) % ring.SubmissionEntries;
        return command;
    }

    /// <summary>A Read, put into a queue without telling of it, and without allocation.</summary>
    public void SubmitRead(int queue, uint space, ulong prp1, uint lba, uint blocks)
    {
        var place = Memory(_rings[queue].Submissions + (ulong)_rings[queue].Tail * 64, 64);
        Submit(queue, 0x02, space, prp1);
        BinaryPrimitives.WriteUInt32LittleEndian(place[40..], lba);
        BinaryPrimitives.WriteUInt32LittleEndian(place[48..], blocks);
    }

    public void RingTail(int queue) => Write32(0x1000 + (ulong)queue * 8, (uint)_rings[queue].Tail);

    public void RingHead(int queue) => Write32(0x1004 + (ulong)queue * 8, (uint)_rings[queue].Head);

    /// <summary>The next completion, or null where there is none; its place is given back by <see cref="RingHead"/>.</summary>
    public Completion? TryTake(int queue)
    {
        var ring = _rings[queue];
        var entry = Memory(ring.Completions + (ulong)ring.Head * 16, 16);
        var status = BinaryPrimitives.ReadUInt16LittleEndian(entry[14..]);
        if ((status & 1) != ring.Phase)
            return null;
        ring.Head = (ring.Head + 1) % ring.CompletionEntries;
        if (ring.Head == 0)
            ring.Phase ^= 1;
        return new Completion(
            BinaryPrimitives.ReadUInt32LittleEndian(entry), BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]),
            BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]), BinaryPrimitives.ReadUInt16LittleEndian(entry[12..]), status >> 1);
    }

    /// <summary>One command from its submission to its completion.</summary>
    public Completion Execute(int queue, byte opcode, uint space = 0, ulong prp1 = 0, ulong prp2 = 0, byte flags = 0, params uint[] dwords)
    {
        var command = Submit(queue, opcode, space, prp1, prp2, flags, dwords);
        RingTail(queue);
        Poll();
        var completion = TryTake(queue) ?? throw new Xunit.Sdk.XunitException($"Command {command} of opcode 0x{opcode:x2} has no completion.");
        Assert.Equal(command, completion.Command);
        RingHead(queue);
        return completion;
    }

    public Completion Admin(byte opcode, uint space = 0, ulong prp1 = 0, ulong prp2 = 0, params uint[] dwords) =>
        Execute(0, opcode, space, prp1, prp2, 0, dwords);

    /// <summary>Identify, of 4096 bytes.</summary>
    public byte[] Identify(uint kind, uint space = 0)
    {
        var buffer = AllocatePages(1);
        var completion = Admin(0x06, space, buffer, 0, kind);
        Assert.Equal(0, completion.Code);
        return Memory(buffer, (int)Page).ToArray();
    }

    /// <summary>Get Log Page.</summary>
    public byte[] Log(byte page, int length, bool retain = false)
    {
        var buffer = AllocatePages((length + 4095) / 4096);
        Assert.Equal(0, Admin(0x02, uint.MaxValue, buffer, 0, (uint)(length / 4 - 1) << 16 | (retain ? 1u << 15 : 0) | page).Code);
        return Memory(buffer, length).ToArray();
    }

    /// <summary>Creates queues of a number, and says what became of the second command where the first succeeded.</summary>
    public Completion CreateQueues(int id, int entries = 16, int? completionEntries = null, int vector = 1)
    {
        var taking = completionEntries ?? entries;
        var ring = new Ring(AllocatePages((entries * 64 + 4095) / 4096), AllocatePages((taking * 16 + 4095) / 4096), entries, taking);
        Memory(ring.Completions, taking * 16).Clear();
        var completion = Admin(0x05, 0, ring.Completions, 0, (uint)(taking - 1) << 16 | (uint)id, (uint)vector << 16 | 3);
        if (completion.Code != 0)
            return completion;
        completion = Admin(0x01, 0, ring.Submissions, 0, (uint)(entries - 1) << 16 | (uint)id, (uint)id << 16 | 1);
        if (completion.Code == 0)
            _rings[id] = ring;
        return completion;
    }

    /// <summary>Where a pair of queues lies, and how far the driver is.</summary>
    private sealed class Ring(ulong submissions, ulong completions, int submissionEntries, int completionEntries)
    {
        public ulong Submissions { get; } = submissions;

        public ulong Completions { get; } = completions;

        public int SubmissionEntries { get; } = submissionEntries;

        public int CompletionEntries { get; } = completionEntries;

        public int Tail { get; set; }

        public int Head { get; set; }

        public int Phase { get; set; } = 1;
    }
}

/// <summary>A completion (3.3.3.2).</summary>
internal readonly record struct Completion(uint Result, int SubmissionHead, int Queue, int Command, int Status)
{
    /// <summary>SCT and SC.</summary>
    public int Code => Status & 0x7ff;

    public bool HasMore => (Status & 0x2000) != 0;

    public bool IsFinal => (Status & 0x4000) != 0;
}
