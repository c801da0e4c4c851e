using VfioSharp.Mmio;

namespace VfioSharp.Emulation.Tests;

/// <summary>Memory from IOVA 0x100000000 on, and the interrupts that arrived.</summary>
internal sealed class RecordingHost(int lengthInBytes = 0x10000) : FunctionHost
{
    public const ulong Start = 0x1_0000_0000;

    public byte[] Memory { get; } = new byte[lengthInBytes];

    public List<int> Interrupts { get; } = [];

    public bool OnlyHasLine { get; init; }

    /// <summary>Called before each access to memory, with its address: what a driver does while the function waits.</summary>
    public Action<ulong>? Meanwhile { get; set; }

    /// <summary>Whether no memory can be reached any more.</summary>
    public bool IsGone { get; set; }

    public List<bool> Line { get; } = [];

    /// <summary>Whether the memory is reached by copies, as that which a client shares.</summary>
    public bool IsMapped { get; init; }

    /// <summary>How many copies were tried.</summary>
    public int Copies { get; private set; }

    public override bool UsesMessages => !OnlyHasLine;

    public override void SetInterruptLine(bool isAsserted) => Line.Add(isAsserted);

    public override bool ReadMemory(ulong iova, Span<byte> destination)
    {
        Meanwhile?.Invoke(iova);
        if (!Contains(iova, destination.Length))
            return false;
        Memory.AsSpan((int)(iova - Start), destination.Length).CopyTo(destination);
        return true;
    }

    public override bool WriteMemory(ulong iova, ReadOnlySpan<byte> source)
    {
        Meanwhile?.Invoke(iova);
        if (!Contains(iova, source.Length))
            return false;
        source.CopyTo(Memory.AsSpan((int)(iova - Start)));
        return true;
    }

    public override void SignalInterrupt(int vector) => Interrupts.Add(vector);

    internal override unsafe bool TryWriteMemoryFrom(byte* source, ReadOnlySpan<MemorySegment> segments)
    {
        Copies++;
        foreach (var segment in segments)
        {
            if (!IsMapped || !Contains(segment.Iova, segment.LengthInBytes)
                || !GuardedCopy.TryRead(source, Memory.AsSpan((int)(segment.Iova - Start), segment.LengthInBytes)))
            {
                return false;
            }

            source += segment.LengthInBytes;
        }

        return true;
    }

    internal override unsafe bool TryReadMemoryInto(byte* destination, ReadOnlySpan<MemorySegment> segments)
    {
        Copies++;
        foreach (var segment in segments)
        {
            if (!IsMapped || !Contains(segment.Iova, segment.LengthInBytes)
                || !GuardedCopy.TryWrite(destination, Memory.AsSpan((int)(segment.Iova - Start), segment.LengthInBytes)))
            {
                return false;
            }

            destination += segment.LengthInBytes;
        }

        return true;
    }

    private bool Contains(ulong iova, int length) => !IsGone && iova >= Start && iova - Start <= (ulong)Memory.Length
        && (ulong)length <= (ulong)Memory.Length - (iova - Start);
}
