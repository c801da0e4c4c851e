using System.Runtime.CompilerServices;

namespace VfioSharp.Dma;

/// <summary>
/// A part of a <see cref="MappedBuffer"/>: the bytes as this process sees them and the IOVA at which a device finds them. A small value
/// that owns nothing; copying and slicing it costs no allocation. The default value is empty.
/// </summary>
/// <remarks>
/// While a device works on the memory the program leaves it alone: it neither reads what is being written nor writes what is being read.
/// Nothing but that rule protects the bytes. Whoever takes a <see cref="Span"/> keeps the buffer alive and undisposed for as long.
/// </remarks>
public readonly struct DmaMemory : IEquatable<DmaMemory>
{
    private readonly MappedBuffer? _buffer;
    private readonly long _offset;

    internal DmaMemory(MappedBuffer buffer, long offset, long lengthInBytes)
    {
        _buffer = buffer;
        _offset = offset;
        LengthInBytes = lengthInBytes;
    }

    /// <summary>How many bytes there are.</summary>
    public long LengthInBytes { get; }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => LengthInBytes == 0;

    /// <summary>The IOVA of the first byte.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which lies nowhere.</exception>
    /// <exception cref="ObjectDisposedException">The mapping has ended.</exception>
    public Iova Iova
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new((_buffer ?? ThrowNowhere()).RequireMapped() + (ulong)_offset);
    }

    /// <summary>The bytes, valid until the buffer is disposed.</summary>
    /// <exception cref="InvalidOperationException">There are more than <see cref="int.MaxValue"/>: take a slice first.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Span<byte> Span
    {
        get
        {
            if (_buffer is null)
                return default;
            return LengthInBytes <= int.MaxValue
                ? _buffer.Buffer.GetSpan(_offset, (int)LengthInBytes)
                : throw new InvalidOperationException($"A span cannot hold {LengthInBytes} bytes; take a slice first.");
        }
    }

    /// <summary>The bytes for asynchronous use. It keeps the buffer alive, and throws after its disposal where a span is taken from it. Allocates.</summary>
    /// <exception cref="InvalidOperationException">There are more than <see cref="int.MaxValue"/>: take a slice first.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Memory<byte> Memory
    {
        get
        {
            if (_buffer is null)
                return default;
            return LengthInBytes <= int.MaxValue
                ? _buffer.Buffer.GetMemory(_offset, (int)LengthInBytes)
                : throw new InvalidOperationException($"A memory cannot hold {LengthInBytes} bytes; take a slice first.");
        }
    }

    /// <summary>Whether two values are the same part of the same buffer.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True where they are.</returns>
    public static bool operator ==(DmaMemory left, DmaMemory right) => left.Equals(right);

    /// <summary>Whether two values are not the same part of the same buffer.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    /// <returns>True where they are not.</returns>
    public static bool operator !=(DmaMemory left, DmaMemory right) => !left.Equals(right);

    /// <summary>What lies from a byte on.</summary>
    /// <param name="offset">The first byte.</param>
    /// <returns>The part.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such byte, and the offset is not the end either.</exception>
    public DmaMemory Slice(long offset) => Slice(offset, LengthInBytes - offset);

    /// <summary>A part.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="lengthInBytes">How many bytes; may be 0.</param>
    /// <returns>The part.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie in this one.</exception>
    public DmaMemory Slice(long offset, long lengthInBytes)
    {
        if ((ulong)offset > (ulong)LengthInBytes || (ulong)lengthInBytes > (ulong)(LengthInBytes - offset))
            ThrowOutside(offset, lengthInBytes);
        return _buffer is null ? default : new DmaMemory(_buffer, _offset + offset, lengthInBytes);
    }

    /// <inheritdoc/>
    public bool Equals(DmaMemory other) =>
        ReferenceEquals(_buffer, other._buffer) && _offset == other._offset && LengthInBytes == other.LengthInBytes;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DmaMemory other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_buffer is null ? 0 : RuntimeHelpers.GetHashCode(_buffer), _offset, LengthInBytes);

    /// <summary>The IOVA and the length, for a log.</summary>
    /// <returns>"4096 bytes at IOVA 0x1000".</returns>
    public override string ToString() => _buffer is { IsMapped: true } ? $"{LengthInBytes} bytes at IOVA {Iova}" : $"{LengthInBytes} bytes that are not mapped";

    private static MappedBuffer ThrowNowhere() => throw new InvalidOperationException("The default value of DmaMemory lies nowhere: take a part of a MappedBuffer.");

    private void ThrowOutside(long offset, long lengthInBytes) =>
        throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{lengthInBytes} bytes from there on do not lie in the {LengthInBytes} bytes of the memory.");
}
