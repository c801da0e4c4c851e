using VfioSharp.Emulation.Interrupts;
using VfioSharp.Mmio;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>What the function of a connection is plugged into: the memory and the interrupts of its client.</summary>
internal sealed partial class ConnectionHost(DmaTable dma, DirtyLog log, FunctionInterrupts interrupts) : FunctionHost
{
    private MessageDma? _messages;

    /// <inheritdoc/>
    public override bool UsesMessages => interrupts.UsesMessages;

    /// <summary>Connects what is made later.</summary>
    public void Use(MessageDma messages) => _messages = messages;

    /// <inheritdoc/>
    public override bool ReadMemory(ulong iova, Span<byte> destination)
    {
        CheckThread();
        while (!destination.IsEmpty)
        {
            // Looked up anew for each piece: while one waits for the client, memory comes and goes.
            if (FindFor(iova, destination.Length, MappingAccess.Read, out var length) is not { } map)
                return false;
            var piece = destination[..length];
            if (!(map.Access == DmaAccess.Message ? _messages!.Read(iova, piece) : map.TryRead(iova, piece)))
                return false;
            destination = destination[length..];
            iova += (ulong)length;
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool WriteMemory(ulong iova, ReadOnlySpan<byte> source)
    {
        CheckThread();
        while (!source.IsEmpty)
        {
            if (FindFor(iova, source.Length, MappingAccess.Write, out var length) is not { } map)
                return false;
            var piece = source[..length];
            // Before the write: a page that is marked and not written costs a copy, the other way round loses data.
            log.Mark(iova, length);
            if (!(map.Access == DmaAccess.Message ? WriteByMessage(iova, piece) : map.TryWrite(iova, piece)))
                return false;
            source = source[length..];
            iova += (ulong)length;
        }

        return true;
    }

    /// <inheritdoc/>
    public override void SignalInterrupt(int vector)
    {
        CheckThread();
        interrupts.Signal(vector);
    }

    /// <inheritdoc/>
    public override void SetInterruptLine(bool isAsserted)
    {
        CheckThread();
        interrupts.SetLine(isAsserted);
    }

    // And behind it: while the client is waited for it may have taken the log, or have it begin.
    private bool WriteByMessage(ulong iova, ReadOnlySpan<byte> source)
    {
        var isWritten = _messages!.Write(iova, source);
        log.Mark(iova, source.Length);
        return isWritten;
    }

    private DmaMap? FindFor(ulong iova, int wanted, MappingAccess access, out int length)
    {
        length = 0;
        if (dma.Find(iova) is not { } map || (map.Permissions & access) == 0)
            return null;
        length = (int)Math.Min((ulong)wanted - 1, map.Last - iova) + 1;
        // Behind the last address there is nothing, least of all the first.
        return length < wanted && map.Last == ulong.MaxValue ? null : map;
    }
}
