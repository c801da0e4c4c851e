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

    private readonly Queue<DataMove> _moves = new();
    private ulong _moveCount;

    /// <inheritdoc/>
    protected override void DoWork(FunctionHost host)
    {
        while (_moves.Count != 0)
        {
            var move = _moves.Dequeue();
            if (host.WriteMemory(move.Iova, move.Data) && move.Signal is { } index)
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

    // A move to a buffer that is not registered, or beyond its end, is lost: a store has no way to answer.
    private void Move(ulong offset, ReadOnlySpan<byte> source)
    {
        var place = offset & OffsetMask;
        if (!_buffers.TryGetValue(offset & TokenMask, out var buffer) || place + (ulong)source.Length > buffer.LengthInBytes)
            return;
        _moves.Enqueue(new DataMove(
            buffer.Iova + place, source.ToArray(), (offset & SignalFlag) != 0 ? buffer.SummaryIndex : null, (int)(offset >> 24 & 0xff)));
        RequestWork();
    }

    // The summary area: a flag that something is new, a bit for each buffer, a mask of 16 bit for each buffer. Bits count from the left, as
    // the driver's find_next_bit_inv does. Which bit of the mask an index sets is not to be seen in the driver; from the left here too.
    private void Signal(FunctionHost host, uint index, int maskIndex)
    {
        if (_summaryArea == 0)
            return;
        if (SetBits(host, _summaryArea + MaskArray + index * sizeof(ushort) + (ulong)(maskIndex / 8 & 1), (byte)(0x80 >> (maskIndex & 7)))
            && SetBits(host, _summaryArea + SummaryBits + index / 8, (byte)(0x80 >> (int)(index & 7)))
            && SetBits(host, _summaryArea, SummaryFlag))
        {
            host.SignalInterrupt(0);
        }
    }

    private static bool SetBits(FunctionHost host, ulong iova, byte bits)
    {
        Span<byte> value = stackalloc byte[1];
        if (!host.ReadMemory(iova, value))
            return false;
        value[0] |= bits;
        return host.WriteMemory(iova, value);
    }

    private readonly record struct DataMove(ulong Iova, byte[] Data, uint? Signal, int MaskIndex);
}
