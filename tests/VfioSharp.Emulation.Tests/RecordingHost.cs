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

    private bool Contains(ulong iova, int length) => !IsGone && iova >= Start && iova - Start <= (ulong)Memory.Length
        && (ulong)length <= (ulong)Memory.Length - (iova - Start);
}
