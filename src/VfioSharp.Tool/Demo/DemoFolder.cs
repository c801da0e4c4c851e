namespace VfioSharp.Tool.Demo;

/// <summary>A folder of its own for the demonstration's socket, which no other user can enter. It goes away with what is in it.</summary>
internal sealed class DemoFolder : IDisposable
{
    /// <summary>Makes the folder.</summary>
    /// <exception cref="VfioException">The folder for temporary files cannot be written.</exception>
    public DemoFolder()
    {
        try
        {
            // mkdtemp(3): mode 0700, a name that nobody can foresee.
            Path = Directory.CreateTempSubdirectory("vfio-demo-").FullName;
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
        {
            throw new VfioException("make a folder for the socket", null, Errno.None, $"{refusal.Message} TMPDIR says where such folders go.", refusal);
        }
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The path of something in it.</summary>
    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
