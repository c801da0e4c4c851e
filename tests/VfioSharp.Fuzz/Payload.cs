using System.Runtime.InteropServices;

namespace VfioSharp.Fuzz;

/// <summary>Puts the fields of a message one behind the other, in the host's byte order.</summary>
internal sealed class Payload
{
    private readonly List<byte> _bytes = [];

    public ReadOnlySpan<byte> Bytes => CollectionsMarshal.AsSpan(_bytes);

    public Payload Add<T>(in T value)
        where T : unmanaged
    {
        _bytes.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
        return this;
    }

    public Payload U32(uint value) => Add(value);

    public Payload U64(ulong value) => Add(value);

    public Payload Add(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }
}
