using System.Runtime.InteropServices;
using System.Text;

namespace VfioSharp.Conformance.Trials;

/// <summary>
/// Builds what follows a header, field by field from the specification's tables and in the host's byte order. The library's structures are not
/// used on purpose: a mistake in one of them would be made by the suite and by the library's server alike, and found by neither.
/// </summary>
internal sealed class Payload
{
    private readonly List<byte> _bytes = [];

    public Payload U8(byte value)
    {
        _bytes.Add(value);
        return this;
    }

    public Payload U16(ushort value) => Native(value);

    public Payload U32(uint value) => Native(value);

    public Payload U64(ulong value) => Native(value);

    public Payload Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public Payload Zeros(int count)
    {
        _bytes.AddRange(new byte[count]);
        return this;
    }

    public Payload Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public byte[] ToArray() => [.. _bytes];

    private Payload Native<T>(T value)
        where T : struct
    {
        _bytes.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
        return this;
    }
}
