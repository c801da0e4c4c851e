using System.Buffers.Binary;
using System.Diagnostics;
using VfioSharp.Dma;
using VfioSharp.Interrupts;
using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>
/// As much of a driver for QEMU's NVMe controller as an admin command takes: one pair of queues in memory, a doorbell, and an interrupt
/// (NVM Express Base 2.0, 3.1.3 registers, 3.3.3 queues, 3.5.1 initialization).
/// </summary>
internal sealed class NvmeAdminQueue : IDisposable
{
    public const int PageInBytes = 4096;
    public const ulong Capabilities = 0x00, Version = 0x08, AdminQueueAttributes = 0x24, AdminSubmissionQueue = 0x28;

    private const ulong Configuration = 0x14, Status = 0x1c, AdminCompletionQueue = 0x30;
    private const ulong SubmissionDoorbell = 0x1000, CompletionDoorbell = 0x1004;
    private const uint Enable = 1, Ready = 1, Fatal = 2;
    // 64-byte submission and 16-byte completion entries, as powers of two.
    private const uint EntrySizes = 6 << 16 | 4 << 20;
    private const int SubmissionEntryInBytes = 64, CompletionEntryInBytes = 16, Entries = 16;
    private const byte Identify = 0x06;
    private const byte ControllerStructure = 0x01;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DmaBuffer _queues = DmaBuffer.Allocate(2 * PageInBytes);
    private readonly DmaMapping? _mapping;
    private readonly InterruptVectors? _vectors;
    private ushort _submitted;

    public NvmeAdminQueue()
    {
        Device = Guest.Open("nvme");
        try
        {
            Device.Config.EnableBusMaster();
            Registers = Device.Regions[RegionIndex.Bar0].Open();
            _mapping = Device.Dma.Map(_queues);
            _vectors = Device.Interrupts.Msix.Enable(1);
            Start(_mapping);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public VfioDevice Device { get; }

    public RegionWindow Registers { get; }

    /// <summary>Has the controller write its identification, 4 KiB, to an IOVA, and answers the command's status: 0 for success.</summary>
    /// <remarks>One of the first commands only: the queues do not wrap around.</remarks>
    public int IdentifyTo(Iova destination)
    {
        Submit(destination);
        Assert.True(_vectors![0].Wait(Patience), $"the admin queue's interrupt did not arrive within {Patience.TotalSeconds} s");
        var completion = _queues.GetSpan(PageInBytes + (_submitted - 1) * CompletionEntryInBytes, CompletionEntryInBytes);
        Assert.Equal(_submitted, BinaryPrimitives.ReadUInt16LittleEndian(completion[12..]));
        var status = BinaryPrimitives.ReadUInt16LittleEndian(completion[14..]);
        // The phase, which is 1 on the first way through the queue.
        Assert.Equal(1, status & 1);
        Registers.Write32(CompletionDoorbell, _submitted);
        return status >> 1;
    }

    /// <summary>Submits the command without waiting for its end.</summary>
    public void Submit(Iova destination)
    {
        Assert.InRange(_submitted, 0, Entries - 2);
        var command = _queues.GetSpan(_submitted * SubmissionEntryInBytes, SubmissionEntryInBytes);
        command.Clear();
        command[0] = Identify;
        _submitted++;
        BinaryPrimitives.WriteUInt16LittleEndian(command[2..], _submitted);
        BinaryPrimitives.WriteUInt64LittleEndian(command[24..], destination.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(command[40..], ControllerStructure);
        Registers.Write32(SubmissionDoorbell, _submitted);
    }

    public void Dispose()
    {
        // Whatever the controller still has to write is over before its memory goes.
        Device.Config.DisableBusMaster();
        _vectors?.Dispose();
        _mapping?.Dispose();
        Registers?.Dispose();
        Device.Dispose();
        _queues.Dispose();
    }

    private void Start(DmaMapping queues)
    {
        Registers.Write32(Configuration, 0);
        WaitForStatus(0);
        Registers.Write32(AdminQueueAttributes, (Entries - 1) << 16 | (Entries - 1));
        Registers.Write64(AdminSubmissionQueue, queues.Iova.Value);
        Registers.Write64(AdminCompletionQueue, queues.IovaAt(PageInBytes).Value);
        Registers.Write32(Configuration, EntrySizes | Enable);
        WaitForStatus(Ready);
    }

    private void WaitForStatus(uint wanted)
    {
        var watch = Stopwatch.StartNew();
        uint status;
        while (((status = Registers.Read32(Status)) & Ready) != wanted)
        {
            Assert.Equal(0u, status & Fatal);
            Assert.True(watch.Elapsed < Patience, $"CSTS stayed at 0x{status:x}");
        }
    }
}
