namespace VfioSharp.Endurance.Tests;

/// <summary>A folder for sockets, which goes away with this object.</summary>
internal sealed class SocketFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vfiosharp-test-");

    public string FullName => _folder.FullName;

    public string Socket => Path.Combine(FullName, "socket");

    public void Dispose() => _folder.Delete(recursive: true);
}
