using System.Buffers;

namespace VfioSharp.Emulation.Functions;

// The device's identifier, what the driver registered, the area of commands and answers, and moves that are still to be made.
public sealed partial class IsmFunction : IMigratable
{
    /// <inheritdoc/>
    public void SaveRegisters(IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        foreach (var value in (ReadOnlySpan<ulong>)[_gid, _summaryArea, _eventQueue, _eventQueueLength, _nextToken, _moveCount])
            destination.Write64(value);
        destination.Write32(_isCommandPending ? 1u : 0);
        destination.Write(_area);
        destination.Write32((uint)_buffers.Count);
        foreach (var (token, buffer) in _buffers)
        {
            destination.Write64(token);
            destination.Write64(buffer.Iova);
            destination.Write32(buffer.LengthInBytes);
            destination.Write32(buffer.SummaryIndex);
        }

        destination.Write32((uint)_moves.Count);
        foreach (var move in _moves)
        {
            destination.Write64(move.Iova);
            destination.Write32(move.Signal is { } index ? index + 1 : 0);
            destination.Write32((uint)move.MaskIndex);
            destination.Write32((uint)move.Data.Length);
            destination.Write(move.Data);
        }
    }

    /// <inheritdoc/>
    public void LoadRegisters(ReadOnlySpan<byte> state)
    {
        var reader = new StateReader(state);
        if (reader.Read64() is var gid && gid != _gid)
            throw new InvalidDataException($"The state is that of the ISM device 0x{gid:x}, and not of 0x{_gid:x}.");
        var (summaryArea, eventQueue, eventQueueLength) = (reader.Read64(), reader.Read64(), reader.Read64());
        var (nextToken, moveCount) = (ReadToken(ref reader), reader.Read64());
        var isCommandPending = reader.ReadUpTo(1) != 0;
        var area = reader.ReadBytes(_area.Length);
        var buffers = new Dictionary<ulong, SharedBuffer>();
        for (var left = reader.ReadUpTo(MaximumBuffers); left != 0; left--)
        {
            var token = ReadToken(ref reader);
            var buffer = new SharedBuffer(reader.Read64(), reader.ReadUpTo(MaximumBufferLengthInBytes), reader.ReadUpTo(MaximumBuffers - 1));
            StateReader.Require(buffer.LengthInBytes != 0 && buffers.TryAdd(token, buffer));
        }

        var moves = new List<DataMove>();
        for (var left = reader.ReadUpTo(MostMoves); left != 0; left--)
        {
            var (iova, signal, maskIndex) = (reader.Read64(), reader.ReadUpTo(MaximumBuffers), reader.ReadUpTo(byte.MaxValue));
            var data = reader.ReadBytes((int)reader.ReadUpTo(LongestMoveInBytes)).ToArray();
            moves.Add(new DataMove(iova, data, signal == 0 ? null : signal - 1, (int)maskIndex));
        }

        reader.RequireEnd();
        OnReset();
        (_summaryArea, _eventQueue, _eventQueueLength) = (summaryArea, eventQueue, eventQueueLength);
        (_nextToken, _moveCount, _isCommandPending) = (nextToken, moveCount, isCommandPending);
        area.CopyTo(_area);
        foreach (var (token, buffer) in buffers)
            _buffers.Add(token, buffer);
        moves.ForEach(_moves.Enqueue);
        RequestWork();
    }

    private static ulong ReadToken(ref StateReader reader)
    {
        var token = reader.Read64();
        StateReader.Require(token is not 0 and < 1ul << 48 && (token & ~TokenMask) == 0);
        return token;
    }
}
