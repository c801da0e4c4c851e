namespace VfioSharp.Emulation.Functions;

// Interrupts and DMA, which are done when the access that asked for them is answered.
public sealed partial class ScratchFunction
{
    private const int SourceRegister = 0x40;
    private const int DestinationRegister = 0x48;
    private const int LengthRegister = 0x50;
    private const int CommandRegister = 0x54;
    private const int StatusRegister = 0x58;
    private const int MovedRegister = 0x5c;
    private const uint LongestMoveInBytes = 1 << 20;
    private const uint ToFunction = 1;
    private const uint FromFunction = 2;
    private const uint InMemory = 3;
    private const uint InterruptAtEnd = 0x100;
    private const int VectorShift = 16;
    private const uint Running = 1;
    private const uint Finished = 2;
    private const uint Failed = 4;

    private readonly ushort[] _toSignal = new ushort[VectorCount];
    private readonly byte[] _moved = new byte[PageLengthInBytes];

    private bool IsMoving => (Get32(StatusRegister) & Running) != 0;

    /// <inheritdoc/>
    protected override void DoWork(FunctionHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        for (var vector = 0; vector < VectorCount; vector++)
        {
            for (; _toSignal[vector] != 0; _toSignal[vector]--)
                host.SignalInterrupt(vector);
        }

        if (!IsMoving)
            return;
        var command = Get32(CommandRegister);
        var resets = ResetCount;
        var isDone = TryMove(host, command & 0xff, Get64(SourceRegister), Get64(DestinationRegister), Get32(LengthRegister));
        // Of what was reset meanwhile nothing is left to tell, and the next move may have been asked for.
        if (ResetCount != resets)
            return;
        Put32(StatusRegister, isDone ? Finished : Finished | Failed);
        if ((command & InterruptAtEnd) != 0)
            SignalAtEnd(host, command >> VectorShift);
    }

    // More than a count holds would be one interrupt for a driver anyway.
    private void Raise(uint vector)
    {
        if (vector >= VectorCount)
            return;
        if (_toSignal[vector] != ushort.MaxValue)
            _toSignal[vector]++;
        Put32(SignalledRegister, Get32(SignalledRegister) + 1);
        RequestWork();
    }

    private void SignalAtEnd(FunctionHost host, uint vector)
    {
        if (vector >= VectorCount)
            return;
        Put32(SignalledRegister, Get32(SignalledRegister) + 1);
        host.SignalInterrupt((int)vector);
    }

    private void StartMove(ReadOnlySpan<byte> command)
    {
        if (IsMoving)
            return;
        command.CopyTo(_registers.AsSpan(CommandRegister));
        Put32(MovedRegister, 0);
        Put32(StatusRegister, Running);
        RequestWork();
    }

    private bool TryMove(FunctionHost host, uint kind, ulong source, ulong destination, uint lengthInBytes)
    {
        if (kind is not (ToFunction or FromFunction or InMemory) || lengthInBytes > LongestMoveInBytes)
            return false;
        var resets = ResetCount;
        for (var done = 0u; done < lengthInBytes;)
        {
            // Pieces end with a page of the function's memory, so that each lies in its RAM or in a shared area as a whole.
            var piece = (int)Math.Min(lengthInBytes - done, (uint)PageLengthInBytes);
            if (kind != InMemory)
            {
                var place = kind == ToFunction ? destination + done : source + done;
                piece = (int)Math.Min((ulong)piece, PageLengthInBytes - (place & (PageLengthInBytes - 1)));
            }

            var bytes = _moved.AsSpan(0, piece);
            var isRead = kind == FromFunction ? TryReadOwn(source + done, bytes) : host.ReadMemory(source + done, bytes);
            if (!isRead || ResetCount != resets
                || !(kind == ToFunction ? TryWriteOwn(destination + done, bytes) : host.WriteMemory(destination + done, bytes))
                || ResetCount != resets)
            {
                return false;
            }

            done += (uint)piece;
            Put32(MovedRegister, done);
        }

        return true;
    }

    private bool TryReadOwn(ulong offset, Span<byte> destination)
    {
        if (!IsOwn(offset, destination.Length))
            return false;
        FindOwn(offset, destination.Length).CopyTo(destination);
        return true;
    }

    private bool TryWriteOwn(ulong offset, ReadOnlySpan<byte> source)
    {
        if (!IsOwn(offset, source.Length))
            return false;
        source.CopyTo(FindOwn(offset, source.Length));
        return true;
    }

    private static bool IsOwn(ulong offset, int lengthInBytes) =>
        offset >= SharedStart && offset < MainLengthInBytes && (ulong)lengthInBytes <= MainLengthInBytes - offset;

    private Span<byte> FindOwn(ulong offset, int lengthInBytes) => _shared is not null && offset < RamStart
        ? _shared.GetSpan(offset, lengthInBytes)
        : _ram.AsSpan((int)(offset - SharedStart), lengthInBytes);
}
