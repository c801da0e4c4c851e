using VfioSharp.Tool.Arguments;

namespace VfioSharp.Tool.Nvme.Transfers;

/// <summary>Files of data that the command line names, of which "-" stands for a standard stream.</summary>
internal static class DataFiles
{
    /// <summary>What stands for a standard stream.</summary>
    public const string StandardStream = "-";

    /// <summary>Has a file, or standard output, written.</summary>
    /// <exception cref="VfioException">It cannot be written.</exception>
    public static async Task WriteAsync(ToolHost host, string path, Func<Stream, Task> write)
    {
        if (path != StandardStream)
        {
            await OutputFile.WriteAsync(path, write);
            return;
        }

        using var stream = host.OpenOutput();
        try
        {
            await write(stream);
            stream.Flush();
        }
        catch (IOException refusal)
        {
            throw new VfioException("write to standard output", null, Errno.None, refusal.Message, refusal);
        }
    }

    /// <summary>Opens a file, or standard input.</summary>
    /// <param name="host">Whose standard input.</param>
    /// <param name="path">The file.</param>
    /// <param name="length">How much of it is wanted; null for all.</param>
    /// <exception cref="VfioException">It cannot be opened, or has less.</exception>
    public static DataSource Open(ToolHost host, string path, ulong? length)
    {
        if (path == StandardStream)
            return new DataSource(host.OpenInput(), isStandardInput: true, length);
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new VfioException($"read the file '{path}'", null, Errno.None, refusal.Message, refusal);
        }

        // A device, and a pipe, have no length that would be known before.
        var known = file.CanSeek && file.Length > 0 ? (ulong)file.Length : (ulong?)null;
        if (known is null || !(length > known))
            return new DataSource(file, isStandardInput: false, length ?? known);
        file.Dispose();
        throw new VfioException(
            $"read the file '{path}'", null, Errno.None, FormattableString.Invariant($"it has {known} bytes, and {length} are to be written."));
    }
}
