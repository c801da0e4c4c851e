using System.Buffers.Binary;

namespace VfioSharp.Emulation.Functions;

// drivers/s390/net/ism.h, ISM_CREATE_REQ and struct ism_sba; ism_drv.c, ism_move and ism_handle_irq.
public sealed partial class IsmFunction
{
    private const ulong TokenMask = ~(FirstToken - 1);
    private const ulong SignalFlag = 1ul << 23;
    private const ulong OffsetMask = SignalFlag - 1;
    private const int SummaryBits = 4;
    private const int MaskArray = SummaryBits + MaximumBuffers / 8 + 3 * sizeof(uint);
    private const byte SummaryFlag = 0x80;

    // What BAR 2 tells of the moves.
    private const int MovesNoted = 0xf00;
    private const int MoveOffsetNoted = 0xf08;
    private const int MoveLengthNoted = 0xf10;
    private const int MoveDataNoted = 0xf40;
    private const int LongestDataNoted = 128;

    // A store waits on no bus here; what comes faster than memory takes it is lost.
    private const int MostMoves = 4096;
    private const uint LongestMoveInBytes = 4096;

    private readonly Queue<DataMove> _moves = new();
    private ulong _moveCount;

    /// <inheritdoc/>
    protected override void DoWork(FunctionHost host)
    {
        while (_moves.Count != 0)
        {
            var move = _moves.Dequeue();
            var resets = ResetCount;
            if (host.WriteMemory(move.Iova, move.Data) && ResetCount == resets && move.Signal is { } index)
                Signal(host, index, move.MaskIndex);
        }
    }

    private void Note(ulong offset, ReadOnlySpan<byte> source)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_area.AsSpan(MovesNoted), ++_moveCount);
        BinaryPrimitives.WriteUInt64BigEndian(_area.AsSpan(MoveOffsetNoted), offset);
        BinaryPrimitives.WriteUInt64BigEndian(_area.AsSpan(MoveLengthNoted), (ulong)source.Length);
        var data = _area.AsSpan(MoveDataNoted, LongestDataNoted);
        data.Clear();
        source[..Math.Min(source.Length, LongestDataNoted)].CopyTo(data);
    }

    // A move to a buffer that is not registered, or beyond its end, is lost as well: a store has no way to answer.
    private void Move(ulong offset, ReadOnlySpan<byte> source)
    {
        var place = offset & OffsetMask;
        if (_moves.Count == MostMoves
            || !_buffers.TryGetValue(offset & TokenMask, out var buffer) || place + (ulong)source.Length > buffer.LengthInBytes)
        {
            return;
        }

        _moves.Enqueue(new DataMove(
            buffer.Iova + place, source.ToArray(), (offset & SignalFlag) != 0 ? buffer.SummaryIndex : null, (int)(offset >> 24 & 0xff)));
        RequestWork();
    }

    // The summary area: a flag that something is new, a bit for each buffer, a mask of 16 bit for each buffer. Bits count from the left, as
    // the driver's find_next_bit_inv does. Which bit of the mask an index sets is not to be seen in the driver; from the left here too.
    private void Signal(FunctionHost host, uint index, int maskIndex)
    {
        if (_summaryArea is var area && area == 0)
            return;
        if (SetBits(host, area, MaskArray + index * sizeof(ushort) + (uint)(maskIndex / 8 & 1), (byte)(0x80 >> (maskIndex & 7)))
            && SetBits(host, area, SummaryBits + index / 8, (byte)(0x80 >> (int)(index & 7)))
            && SetBits(host, area, 0, SummaryFlag))
        {
            host.SignalInterrupt(0);
        }
    }

    // The driver may take the area back while the host's memory is waited for.
    private bool SetBits(FunctionHost host, ulong area, uint offset, byte bits)
    {
        Span<byte> value = stackalloc byte[1];
        if (!host.ReadMemory(area + offset, value) || _summaryArea != area)
            return false;
        value[0] |= bits;
        return host.WriteMemory(area + offset, value) && _summaryArea == area;
    }

    private readonly record struct DataMove(ulong Iova, byte[] Data, uint? Signal, int MaskIndex);
}
