using System.Buffers;
using System.Buffers.Binary;

namespace VfioSharp.Emulation.Functions;

/// <summary>Reads the state of a function, which may be any bytes, field by field; little-endian.</summary>
internal ref struct StateReader(ReadOnlySpan<byte> state)
{
    private ReadOnlySpan<byte> _rest = state;

    /// <summary>Reads 32 bit.</summary>
    /// <exception cref="InvalidDataException">The state ends before.</exception>
    public uint Read32() => BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(sizeof(uint)));

    /// <summary>Reads 64 bit.</summary>
    /// <exception cref="InvalidDataException">The state ends before.</exception>
    public ulong Read64() => BinaryPrimitives.ReadUInt64LittleEndian(ReadBytes(sizeof(ulong)));

    /// <summary>Reads a number of 32 bit that is no more than a limit.</summary>
    /// <exception cref="InvalidDataException">It is more, or the state ends before.</exception>
    public uint ReadUpTo(uint most)
    {
        var number = Read32();
        Require(number <= most);
        return number;
    }

    /// <summary>Reads bytes, which are the state's own.</summary>
    /// <exception cref="InvalidDataException">The state ends before.</exception>
    public ReadOnlySpan<byte> ReadBytes(int lengthInBytes)
    {
        if (lengthInBytes > _rest.Length)
            throw new InvalidDataException($"The state ends early: {lengthInBytes} bytes are to follow where there are {_rest.Length}.");
        var bytes = _rest[..lengthInBytes];
        _rest = _rest[lengthInBytes..];
        return bytes;
    }

    /// <summary>Tells that nothing is to follow.</summary>
    /// <exception cref="InvalidDataException">Something does.</exception>
    public readonly void RequireEnd()
    {
        if (!_rest.IsEmpty)
            throw new InvalidDataException($"{_rest.Length} bytes follow behind the end of the state.");
    }

    /// <summary>Tells what a function in any state is.</summary>
    /// <exception cref="InvalidDataException">This one is not.</exception>
    public static void Require(bool isPossible)
    {
        if (!isPossible)
            throw new InvalidDataException("A function of this kind is never in the state that the bytes tell.");
    }
}

/// <summary>Writes the state of a function for <see cref="StateReader"/>.</summary>
internal static class StateWriting
{
    /// <summary>Writes 32 bit.</summary>
    public static void Write32(this IBufferWriter<byte> destination, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination.GetSpan(sizeof(uint)), value);
        destination.Advance(sizeof(uint));
    }

    /// <summary>Writes 64 bit.</summary>
    public static void Write64(this IBufferWriter<byte> destination, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination.GetSpan(sizeof(ulong)), value);
        destination.Advance(sizeof(ulong));
    }
}
