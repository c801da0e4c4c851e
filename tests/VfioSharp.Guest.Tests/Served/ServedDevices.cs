using System.Text.Json.Nodes;
using VfioSharp.Emulation;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.Guest.Tests.Served;

/// <summary>Functions of this process, each behind a socket of its own, for guests to attach. Disposing of it ends the servers.</summary>
internal sealed class ServedDevices : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vfiosharp-served-").FullName;
    private readonly List<(string Name, string Properties, VfioUserServer Server, PciFunction Function)> _devices = [];

    /// <summary>The options of guest/run that attach all of them.</summary>
    public string[] GuestOptions => [.. _devices.SelectMany(device => (string[])["--device", $"vfio-user:{SocketOf(device.Name)},id={device.Name}{device.Properties}"])];

    /// <summary>The arguments of QEMU that attach all of them.</summary>
    public string[] QemuOptions => [.. _devices.SelectMany(device => (string[])["-device", new JsonObject
    {
        ["driver"] = "vfio-user-pci",
        ["socket"] = new JsonObject { ["type"] = "unix", ["path"] = SocketOf(device.Name) },
    }.ToJsonString()])];

    /// <summary>Serves a function from now on.</summary>
    /// <param name="name">What the guest calls the device.</param>
    /// <param name="function">The function, owned from here on.</param>
    /// <param name="properties">What guest/run is told of it beyond its name, such as ",pft=5".</param>
    public T Add<T>(string name, T function, string properties = "")
        where T : PciFunction
    {
        _devices.Add((name, properties, VfioUserServer.Listen(function, SocketOf(name), new VfioUserServerOptions()), function));
        return function;
    }

    /// <summary>Writes a file for the guest, which is gone with the servers; answers with its path.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Where a device listens.</summary>
    public string SocketOf(string name) => Path.Combine(_folder, name);

    /// <summary>The server of a device.</summary>
    public VfioUserServer this[string name] => _devices.Single(device => device.Name == name).Server;

    /// <summary>No function threw, and every server still serves.</summary>
    public void AssertNoFault() => Assert.All(_devices, device => Assert.Null(device.Server.LastFunctionFault));

    public void Dispose()
    {
        foreach (var (_, _, server, function) in _devices)
        {
            server.Dispose();
            function.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
