using System.Buffers.Binary;
using VfioSharp.Config;
using VfioSharp.Dma;
using VfioSharp.Emulation;
using VfioSharp.Emulation.InProcess;
using VfioSharp.Interrupts;
using VfioSharp.Nvme.Identity;
using VfioSharp.Nvme.Specification;
using VfioSharp.Regions;

namespace VfioSharp.Nvme.Tests.Queues;

/// <summary>
/// A queue pair whose controller is the test: it looks at the doorbells, takes commands out of the submission queue and puts completions into the
/// completion queue, right ones and wrong ones. By the offsets of the specification, and not by the library's structures.
/// </summary>
internal sealed unsafe class QueueRig : IQueueOwner, IDisposable
{
    public const int BlockSizeInBytes = 512;
    public const ushort QueueId = 3;
    private const ulong FirstDoorbell = 0x1000;

    private readonly DoorbellFunction _function = new();
    private readonly InterruptVectors? _vectors;
    private readonly byte[] _lastEntry = new byte[SubmissionEntry.SizeInBytes];
    private int _head;
    private int _tail;
    private bool _phase = true;

    public QueueRig(
        int depth = 4,
        NvmeCompletionMode completion = NvmeCompletionMode.Manual,
        TimeSpan? timeout = null,
        int maxQueueEntries = 65536,
        bool useSgl = false,
        bool useShadows = false,
        NvmeContinuations continuations = NvmeContinuations.InThreadPool)
    {
        Device = InProcessDevice.Open(_function);
        _vectors = completion == NvmeCompletionMode.Interrupt ? Device.Interrupts.Msix.Enable() : null;
        Shadows = useShadows ? new ShadowDoorbells(Device.Dma, 4096, 4) : null;
        Pair = new NvmeQueuePair(new QueuePairSetup
        {
            Owner = this,
            Id = QueueId,
            Registers = Device.Regions[RegionIndex.Bar0],
            DoorbellStrideInBytes = 4,
            Memory = Device.Dma,
            PageSizeInBytes = 4096,
            MaxTransferInBytes = 1 << 20,
            Depth = depth,
            MaxQueueEntries = maxQueueEntries,
            Completion = completion,
            Vector = _vectors?[0],
            Continuations = continuations,
            CommandTimeout = timeout ?? Timeout.InfiniteTimeSpan,
            Shadows = Shadows,
            UseSgl = useSgl,
        });
        Data = MappedBuffer.Allocate(Device.Dma, 4 << 20);
        Namespace = new NvmeNamespace(null!, 1, IdentityOfNamespace());
        Pair.Start();
    }

    public VfioDevice Device { get; }

    public NvmeQueuePair Pair { get; }

    public NvmeNamespace Namespace { get; }

    public MappedBuffer Data { get; }

    public ShadowDoorbells? Shadows { get; }

    /// <summary>The commands that were to be aborted.</summary>
    public List<ushort> Aborts { get; } = [];

    /// <summary>The reasons for which a reset was asked for.</summary>
    public List<NvmeException> Resets { get; } = [];

    /// <summary>What is wrong with the controller.</summary>
    public NvmeException? Illness { get; set; }

    /// <summary>How often the queues were deleted.</summary>
    public int DeleteCount { get; private set; }

    public string Address => "the rig";

    public uint TailDoorbell => _function.Read(FirstDoorbell + (2 * QueueId * 4));

    public uint HeadDoorbell => _function.Read(FirstDoorbell + (2 * QueueId * 4) + 4);

    /// <summary>The tail doorbell's shadow, in the first page of the two.</summary>
    public uint TailShadow => Shadows!.Memory.Buffer.At<uint>(2 * QueueId * 4);

    /// <summary>EventIdx of the tail doorbell, in the second page.</summary>
    public uint TailEventIndex
    {
        set => Shadows!.Memory.Buffer.At<uint>(4096 + (2 * QueueId * 4)) = value;
    }

    public static DmaMemory Blocks(MappedBuffer buffer, int count) => buffer.Memory.Slice(0, count * BlockSizeInBytes);

    public DmaMemory Blocks(int count) => Blocks(Data, count);

    public Task<int> ReadAsync(ulong lba, int blocks = 1) => Pair.ReadAsync(Namespace, lba, Blocks(blocks)).AsTask();

    /// <summary>The same where it is refused.</summary>
    public void Start(ulong lba, int blocks = 1) => _ = ReadAsync(lba, blocks);

    public Task<int> ReadUntilAsync(ulong lba, CancellationToken cancellationToken) =>
        Pair.ReadAsync(Namespace, lba, Blocks(1), cancellationToken).AsTask();

    /// <summary>Reads from memory of the test's choice, and is done with it where that is not refused.</summary>
    public void TryRead(DmaMemory memory) => _ = Pair.ReadAsync(Namespace, 0, memory).AsTask();

    public Task<CommandResult> SubmitAsync(SubmissionEntry entry, TimeSpan? timeout = null) => Pair.SubmitAsync(in entry, default, timeout).AsTask();

    /// <summary>Takes the next command, if the doorbell tells of one.</summary>
    public FetchedCommand? Fetch()
    {
        return !TryFetch(out _) ? null : new FetchedCommand(
            BinaryPrimitives.ReadUInt16LittleEndian(_lastEntry.AsSpan(2)),
            _lastEntry[0],
            BinaryPrimitives.ReadUInt64LittleEndian(_lastEntry.AsSpan(40)),
            BinaryPrimitives.ReadUInt32LittleEndian(_lastEntry.AsSpan(48)),
            BinaryPrimitives.ReadUInt64LittleEndian(_lastEntry.AsSpan(24)),
            BinaryPrimitives.ReadUInt64LittleEndian(_lastEntry.AsSpan(32)),
            _lastEntry[1]);
    }

    /// <summary>The same without an allocation.</summary>
    public bool TryFetch(out ushort commandId)
    {
        commandId = 0;
        if (_head == TailDoorbell)
            return false;
        var start = (byte*)Pair.Memory.Buffer.Address + (Pair.SubmissionQueueAddress - Pair.Memory.Iova.Value);
        new ReadOnlySpan<byte>(start + (_head * SubmissionEntry.SizeInBytes), SubmissionEntry.SizeInBytes).CopyTo(_lastEntry);
        _head = (_head + 1) % Pair.SubmissionEntries;
        commandId = BinaryPrimitives.ReadUInt16LittleEndian(_lastEntry.AsSpan(2));
        return true;
    }

    /// <summary>Takes commands as they come, for as long as it takes to have a number of them.</summary>
    public List<FetchedCommand> Fetch(int count)
    {
        var commands = new List<FetchedCommand>();
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                while (commands.Count < count && Fetch() is { } command)
                    commands.Add(command);
                return commands.Count == count;
            },
            TimeSpan.FromSeconds(20)));
        return commands;
    }

    /// <summary>Puts a completion into the queue.</summary>
    public void Complete(ushort commandId, int status = 0, ulong result = 0, ushort? queueId = null, bool isNew = true)
    {
        var entry = (byte*)Pair.Memory.Buffer.Address + (Pair.CompletionQueueAddress - Pair.Memory.Iova.Value) + (_tail * 16);
        Span<byte> bytes = stackalloc byte[14];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, result);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], (ushort)_head);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[10..], queueId ?? QueueId);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[12..], commandId);
        bytes.CopyTo(new Span<byte>(entry, bytes.Length));
        Volatile.Write(ref *(ushort*)(entry + 14), (ushort)((status << 1) | (_phase == isNew ? 1 : 0)));
        if (!isNew)
            return;
        if (++_tail == Pair.CompletionEntries)
        {
            _tail = 0;
            _phase = !_phase;
        }
    }

    public void Interrupt() => _vectors![0].Trigger();

    public void SwitchInterruptsOff() => _vectors!.Dispose();

    public void BeginAbort(NvmeQueuePair pair, ushort commandId)
    {
        lock (Aborts)
            Aborts.Add(commandId);
    }

    public NvmeException? CheckHealth() => Illness;

    public void BeginReset(NvmeQueuePair pair, NvmeException cause)
    {
        lock (Resets)
            Resets.Add(cause);
    }

    public Task DeleteAsync(NvmeQueuePair pair)
    {
        DeleteCount++;
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        Pair.Dispose();
        Data.Dispose();
        Shadows?.Dispose();
        _vectors?.Dispose();
        Device.Dispose();
        _function.Dispose();
    }

    // 16384 blocks of 512 bytes: NSZE at 0, LBADS of format 0 in bits 23:16 of the dword at 128.
    private static NamespaceIdentity IdentityOfNamespace()
    {
        var bytes = new byte[4096];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, 16384);
        bytes[130] = 9;
        return NamespaceIdentity.Parse(bytes, NamespaceDescriptors.None, 1 << 20);
    }

    /// <summary>BAR 0 is memory that keeps what is written to it; the vectors are in another.</summary>
    private sealed class DoorbellFunction() : PciFunction(
        new PciIdentity(0x1234, 0x0001, new ClassCode(0x010802)), [FunctionBar.Shared(0, 0x2000), new FunctionBar(2, 0x2000)], new MsixTable(2, 1, 0, 0x1000))
    {
        public uint Read(ulong offset) => GetSharedMemory(0)!.Read32(offset);

        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => destination.Clear();

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
        {
            // Nothing but the MSI-X table lies where writes come to, and that is not the function's own.
        }
    }
}

/// <summary>A command as it was found in the queue.</summary>
internal sealed record FetchedCommand(ushort Id, byte Opcode, ulong Lba, uint BlocksFromZero, ulong Prp1, ulong Prp2, byte Flags);
