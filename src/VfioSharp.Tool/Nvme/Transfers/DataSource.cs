namespace VfioSharp.Tool.Nvme.Transfers;

/// <summary>Where data comes from that is to be written.</summary>
/// <param name="stream">The data; the source owns it.</param>
/// <param name="isStandardInput">Whether it is standard input, at which then nobody can answer a question.</param>
/// <param name="lengthInBytes">How much is to be written; null for all that comes.</param>
internal sealed class DataSource(Stream stream, bool isStandardInput, ulong? lengthInBytes) : IDisposable
{
    /// <summary>The data.</summary>
    public Stream Stream => stream;

    /// <summary>Whether it is standard input.</summary>
    public bool IsStandardInput => isStandardInput;

    /// <summary>How much is to be written; null for all that comes.</summary>
    public ulong? LengthInBytes => lengthInBytes;

    /// <summary>Checks that all was written that was to be.</summary>
    /// <exception cref="VfioException">There was less, or there is more than had room.</exception>
    /// <exception cref="IOException">The data cannot be read.</exception>
    public void RequireEnd(ulong written)
    {
        if (written == 0)
            throw Wrong("it is empty.");
        if (lengthInBytes is { } length && written != length)
            throw Wrong(FormattableString.Invariant($"it ended before {length} bytes."));
        if (lengthInBytes is null && stream.ReadByte() >= 0)
            throw Wrong("it goes on where the namespace ends.");
    }

    public void Dispose() => stream.Dispose();

    private static VfioException Wrong(string what) => new("take all of the input", null, Errno.None, what);
}
