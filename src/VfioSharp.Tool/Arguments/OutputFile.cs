namespace VfioSharp.Tool.Arguments;

/// <summary>Files that the command line names for output.</summary>
internal static class OutputFile
{
    /// <summary>Creates the file, or empties it, and has it written. A new file whose writing fails is removed again.</summary>
    /// <exception cref="VfioException">The file cannot be created or written.</exception>
    public static void Write(string path, Action<Stream> write) => WriteAsync(path, file =>
    {
        write(file);
        return Task.CompletedTask;
    }).GetAwaiter().GetResult();

    /// <summary>The same, for a writer that waits for something meanwhile.</summary>
    /// <exception cref="VfioException">The file cannot be created or written.</exception>
    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        // Only a file that was not there before may be removed: the path can name a device.
        var isNew = !File.Exists(path);
        using var file = Create(path);
        try
        {
            await write(file);
            file.Flush();
        }
        catch (Exception failure)
        {
            if (isNew)
                File.Delete(path);
            if (failure is IOException)
                throw Refused(path, failure);
            throw;
        }
    }

    private static FileStream Create(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Refused(path, refusal);
        }
    }

    private static VfioException Refused(string path, Exception cause) => new($"write the file '{path}'", null, Errno.None, cause.Message, cause);
}
