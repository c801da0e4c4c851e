namespace VfioSharp.Tool.Tests.Serving;

/// <summary>A folder for sockets, which goes away with what is in it.</summary>
internal sealed class SocketFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("vfio-").FullName;

    public string this[string name] => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
