using VfioSharp.Config;
using VfioSharp.Dma;
using VfioSharp.Emulation;
using VfioSharp.Emulation.InProcess;
using VfioSharp.Nvme;
using VfioSharp.Nvme.Identity;
using VfioSharp.Nvme.Specification;
using VfioSharp.Regions;

namespace VfioSharp.Bench;

/// <summary>
/// A queue pair whose controller is a few stores: each command is completed at once, by the thread that sent it. What is left is what the driver
/// costs: doorbells go to memory, data goes nowhere.
/// </summary>
internal sealed unsafe class CompletingQueue : IQueueOwner, IDisposable
{
    public const int Depth = 128;

    private readonly Doorbells _function = new();
    private readonly VfioDevice _device;
    private readonly MappedBuffer _data;
    private readonly byte* _submissions;
    private readonly byte* _completions;
    private int _head;
    private int _tail;
    private ushort _phase = 1;

    public CompletingQueue()
    {
        _device = InProcessDevice.Open(_function);
        _data = MappedBuffer.Allocate(_device.Dma, 4096);
        Pair = new NvmeQueuePair(new QueuePairSetup
        {
            Owner = this,
            Id = 1,
            Registers = _device.Regions[RegionIndex.Bar0],
            DoorbellStrideInBytes = 4,
            Memory = _device.Dma,
            PageSizeInBytes = 4096,
            MaxTransferInBytes = 1 << 20,
            Depth = Depth,
            MaxQueueEntries = 1024,
            Completion = NvmeCompletionMode.Manual,
            CommandTimeout = TimeSpan.FromSeconds(30),
        });
        var start = (byte*)Pair.Memory.Buffer.Address;
        _submissions = start + (Pair.SubmissionQueueAddress - Pair.Memory.Iova.Value);
        _completions = start + (Pair.CompletionQueueAddress - Pair.Memory.Iova.Value);
        Pair.Start();

        // 2^30 blocks of 512 bytes.
        var identity = new byte[IdentifyNamespace.SizeInBytes];
        identity[3] = 0x40;
        identity[130] = 9;
        Namespace = new NvmeNamespace(null!, 1, NamespaceIdentity.Parse(identity, NamespaceDescriptors.None, 1 << 20));
    }

    public NvmeQueuePair Pair { get; }

    public NvmeNamespace Namespace { get; }

    public DmaMemory Data => _data.Memory;

    string IQueueOwner.Address => "bench";

    /// <summary>Completes a number of commands, in their order.</summary>
    public void Complete(int count)
    {
        for (; count > 0; count--)
        {
            var id = *(ushort*)(_submissions + (_head * SubmissionEntry.SizeInBytes) + 2);
            var entry = _completions + (_tail * CompletionEntry.SizeInBytes);
            *(ulong*)entry = 0;
            Volatile.Write(ref *(ulong*)(entry + 8), 1UL << 16 | (ulong)id << 32 | (ulong)_phase << 48);
            if (++_head == Pair.SubmissionEntries)
                _head = 0;
            if (++_tail == Pair.CompletionEntries)
            {
                _tail = 0;
                _phase ^= 1;
            }
        }
    }

    void IQueueOwner.BeginAbort(NvmeQueuePair pair, ushort commandId) => throw new InvalidOperationException("Nothing takes long here.");

    NvmeException? IQueueOwner.CheckHealth() => null;

    void IQueueOwner.BeginReset(NvmeQueuePair pair, NvmeException cause) => throw new InvalidOperationException("Nothing fails here.", cause);

    Task IQueueOwner.DeleteAsync(NvmeQueuePair pair) => Task.CompletedTask;

    public void Dispose()
    {
        Pair.Dispose();
        _data.Dispose();
        _device.Dispose();
        _function.Dispose();
    }

    private sealed class Doorbells() : PciFunction(new PciIdentity(0x1234, 1, new ClassCode(0x010802)), [FunctionBar.Shared(0, 0x2000)])
    {
        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => throw new InvalidOperationException("All of it is memory.");

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source) => throw new InvalidOperationException("All of it is memory.");
    }
}
