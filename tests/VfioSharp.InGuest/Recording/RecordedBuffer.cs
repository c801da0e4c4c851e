using System.Globalization;
using System.Text;
using VfioSharp.Native;

namespace VfioSharp.InGuest.Recording;

/// <summary>Memory for a system call, aligned to a page and full of a5 before a read.</summary>
internal sealed unsafe class RecordedBuffer : IDisposable
{
    private const byte Filler = 0xa5;

    private readonly int _length;

    public RecordedBuffer(int length)
    {
        _length = length;
        var memory = Libc.mmap(null, (nuint)length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        Assert.True(memory != Libc.MapFailed);
        Address = (byte*)memory;
        Span.Fill(Filler);
    }

    public RecordedBuffer(byte[] content)
        : this(content.Length) => content.CopyTo(Span);

    public byte* Address { get; }

    /// <summary>Its bytes in the order of their addresses.</summary>
    public string Hex
    {
        get
        {
            var text = new StringBuilder(_length * 2);
            foreach (var value in Span)
                text.Append(value.ToString("x2", CultureInfo.InvariantCulture));
            return text.ToString();
        }
    }

    private Span<byte> Span => new(Address, _length);

    public void Dispose() => _ = Libc.munmap(Address, (nuint)_length);
}
