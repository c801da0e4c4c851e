using System.Text;

namespace VfioSharp.Tool;

/// <summary>Passes text on without the blanks at the ends of lines, which tables leave there and a file or a pipe has no use for.</summary>
internal sealed class TrimmingWriter(TextWriter inner) : TextWriter
{
    private int _pendingBlanks;

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        if (value == ' ')
        {
            _pendingBlanks++;
            return;
        }

        if (value is not ('\n' or '\r'))
        {
            for (; _pendingBlanks > 0; _pendingBlanks--)
                inner.Write(' ');
        }

        _pendingBlanks = 0;
        inner.Write(value);
    }

    public override void Flush() => inner.Flush();
}
