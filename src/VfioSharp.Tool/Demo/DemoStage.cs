namespace VfioSharp.Tool.Demo;

/// <summary>What the acts of the demonstration share: a socket, the process that serves a function there, and the function, opened.</summary>
internal sealed class DemoStage : IDisposable
{
    private readonly ToolHost _host;
    private readonly DemoFolder _folder = new();
    private ServedProcess? _server;
    private DemoDisk? _disk;

    /// <param name="host">What the command runs with.</param>
    /// <param name="cancellation">Ends the demonstration.</param>
    /// <exception cref="VfioException">There is no room for the socket.</exception>
    public DemoStage(ToolHost host, CancellationToken cancellation)
    {
        _host = host;
        Cancellation = cancellation;
        Socket = _folder.Combine(DemoDisk.FunctionName + ".sock");
        Image = _folder.Combine("disk.img");
        Address = DeviceAddress.Parse("vfio-user:" + Socket);
    }

    /// <summary>Where the function is served.</summary>
    public string Socket { get; }

    /// <summary>The file that is the disk.</summary>
    public string Image { get; }

    /// <summary>The function's address.</summary>
    public DeviceAddress Address { get; }

    /// <summary>Ends the demonstration.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>The process that serves the function.</summary>
    public ServedProcess Server => _server ?? throw new InvalidOperationException("No server runs.");

    /// <summary>The function, opened.</summary>
    public DemoDisk Disk => _disk ?? throw new InvalidOperationException("The function is not open.");

    /// <summary>Starts a server, in place of the one before.</summary>
    /// <exception cref="VfioException">It does not get ready.</exception>
    public ServedProcess StartServer()
    {
        _server?.Dispose();
        _server = null;
        return _server = ServedProcess.Start(_host.Program, DemoDisk.ServeArguments(Image), Socket, Cancellation);
    }

    /// <summary>Opens the function, in place of the one before.</summary>
    /// <exception cref="VfioException">It cannot be opened.</exception>
    public DemoDisk OpenDisk()
    {
        _disk?.Dispose();
        _disk = null;
        return _disk = DemoDisk.Open(() => _host.OpenDevice(Address, new VfioOptions()));
    }

    public void Dispose()
    {
        _disk?.Dispose();
        _server?.Dispose();
        _folder.Dispose();
    }
}
