using System.Buffers;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>The bytes of a function's state, which grow as they are written and are given back when they are forgotten.</summary>
internal sealed class StateBytes : IBufferWriter<byte>
{
    private const int SmallestRoomInBytes = 256;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (count < 0 || count > _bytes.Length - _length)
            throw new ArgumentOutOfRangeException(nameof(count), count, "More was written than there was room for.");
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _bytes.AsSpan(_length);
    }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _bytes = [];
        _length = 0;
    }

    private void MakeRoom(int sizeHint)
    {
        var needed = _length + (long)Math.Max(sizeHint, SmallestRoomInBytes);
        if (needed <= _bytes.Length)
            return;
        Array.Resize(ref _bytes, (int)Math.Min(Math.Max(needed, 2L * _bytes.Length), 0x7fff_ffc7));
    }
}
