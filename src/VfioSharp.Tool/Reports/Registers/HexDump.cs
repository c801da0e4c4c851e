using System.Globalization;
using System.Text;

namespace VfioSharp.Tool.Reports.Registers;

/// <summary>
/// Bytes as `hexdump -C` prints them: sixteen to a line, a line that repeats the one before as a single '*', and the offset behind the
/// last byte at the end. Takes the bytes in pieces, each but the last a multiple of a line.
/// </summary>
internal sealed class HexDump
{
    /// <summary>How many bytes are on a line.</summary>
    public const int LineLength = 16;

    private readonly TextWriter _output;
    private readonly StringBuilder _line = new();
    private readonly byte[] _previous = new byte[LineLength];
    private ulong _offset;
    private bool _hasPrevious;
    private bool _isSkipping;

    /// <summary>Begins a dump.</summary>
    /// <param name="output">Where it is printed.</param>
    /// <param name="offset">The offset of the first byte.</param>
    public HexDump(TextWriter output, ulong offset)
    {
        _output = output;
        _offset = offset;
    }

    /// <summary>Prints a piece.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var line = bytes[..Math.Min(LineLength, bytes.Length)];
            WriteLine(line);
            _offset += (ulong)line.Length;
            bytes = bytes[line.Length..];
        }
    }

    /// <summary>Prints the offset behind the last byte.</summary>
    public void Complete() => _output.WriteLine(_offset.ToString("x8", CultureInfo.InvariantCulture));

    private void WriteLine(ReadOnlySpan<byte> bytes)
    {
        if (_hasPrevious && bytes.SequenceEqual(_previous))
        {
            if (!_isSkipping)
                _output.WriteLine('*');
            _isSkipping = true;
            return;
        }

        _isSkipping = false;
        _hasPrevious = bytes.Length == LineLength;
        if (_hasPrevious)
            bytes.CopyTo(_previous);

        _line.Clear().Append(CultureInfo.InvariantCulture, $"{_offset:x8} ");
        for (var index = 0; index < LineLength; index++)
        {
            if (index % 8 == 0)
                _line.Append(' ');
            if (index < bytes.Length)
                _line.Append(CultureInfo.InvariantCulture, $"{bytes[index]:x2} ");
            else
                _line.Append("   ");
        }

        _line.Append(" |");
        foreach (var value in bytes)
            _line.Append(value is >= 0x20 and <= 0x7e ? (char)value : '.');
        _output.WriteLine(_line.Append('|'));
    }
}
