using System.Runtime.InteropServices;
using VfioSharp.Emulation.Interrupts;

namespace VfioSharp.Emulation.InProcess;

/// <summary>What a function is plugged into that lives in the process of its driver.</summary>
internal sealed class InProcessHost(PciFunction function, ProcessMemory memory, FunctionInterrupts interrupts) : FunctionHost
{
    /// <inheritdoc/>
    public override bool UsesMessages => interrupts.UsesMessages;

    // Whoever asks is to be at the function's work.
    private bool MayMaster
    {
        get
        {
            CheckThread();
            return function.Config.IsBusMaster;
        }
    }

    /// <inheritdoc/>
    public override bool ReadMemory(ulong iova, Span<byte> destination) => MayMaster && memory.TryRead(iova, destination);

    /// <inheritdoc/>
    public override bool WriteMemory(ulong iova, ReadOnlySpan<byte> source) => MayMaster && memory.TryWrite(iova, source);

    /// <inheritdoc/>
    public override Errno WriteMemoryFromFile(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments) =>
        MayMaster ? memory.WriteFromFile(file, fileOffset, segments) : Errno.EFAULT;

    /// <inheritdoc/>
    public override Errno ReadMemoryIntoFile(SafeHandle file, long fileOffset, ReadOnlySpan<MemorySegment> segments) =>
        MayMaster ? memory.ReadIntoFile(file, fileOffset, segments) : Errno.EFAULT;

    /// <inheritdoc/>
    internal override unsafe bool TryWriteMemoryFrom(byte* source, ReadOnlySpan<MemorySegment> segments) =>
        MayMaster && memory.TryWriteFrom(source, segments);

    /// <inheritdoc/>
    internal override unsafe bool TryReadMemoryInto(byte* destination, ReadOnlySpan<MemorySegment> segments) =>
        MayMaster && memory.TryReadInto(destination, segments);

    /// <inheritdoc/>
    public override void SignalInterrupt(int vector)
    {
        // PCI Express 7.5.1.1.3: a message is a write to memory, and needs bus mastering; the line does not.
        if (MayMaster || !interrupts.UsesMessages)
            interrupts.Signal(vector);
    }

    /// <inheritdoc/>
    public override void SetInterruptLine(bool isAsserted)
    {
        CheckThread();
        interrupts.SetLine(isAsserted);
    }
}
