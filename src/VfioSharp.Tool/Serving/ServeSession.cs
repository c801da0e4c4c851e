using VfioSharp.Emulation;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.Tool.Serving;

/// <summary>Functions that are being served. Not for several threads.</summary>
internal sealed class ServeSession : IDisposable
{
    private readonly List<(PciFunction Function, VfioUserServer Server)> _served = [];

    /// <summary>Ends when each of the servers has ended by itself.</summary>
    public Task Completion => Task.WhenAll(_served.Select(served => served.Server.Completion));

    /// <summary>Begins to serve a function.</summary>
    /// <param name="target">Where.</param>
    /// <param name="function">The function, which the session owns from here on, also where this throws.</param>
    /// <param name="options">What clients are granted.</param>
    /// <returns>What is said of it.</returns>
    /// <exception cref="VfioException">The socket cannot be made, or the descriptor is no connected socket.</exception>
    public ReadyFunctionReport Add(ServeTarget target, PciFunction function, VfioUserServerOptions options)
    {
        try
        {
            _served.Add((function, Start(target, function, options)));
        }
        catch
        {
            function.Dispose();
            throw;
        }

        return new ReadyFunctionReport(target.Function, function.Identity.VendorId, function.Identity.DeviceId, target.Socket, target.Descriptor);
    }

    /// <summary>Ends the servers, whatever their clients do, removes their sockets and has images of disks written to the disk.</summary>
    /// <exception cref="VfioException">An image could not be written.</exception>
    public void Complete()
    {
        EndServers();
        foreach (var function in _served.Select(served => served.Function).OfType<NvmeFunction>())
            function.Flush();
    }

    /// <summary>Ends the servers, whatever their clients do, and removes their sockets.</summary>
    public void Dispose()
    {
        EndServers();
        foreach (var (function, _) in _served)
            function.Dispose();
    }

    private void EndServers()
    {
        foreach (var (_, server) in _served)
            server.Stop();
        foreach (var (_, server) in _served)
            server.Dispose();
    }

    private static VfioUserServer Start(ServeTarget target, PciFunction function, VfioUserServerOptions options)
    {
        if (target.Socket is { } path)
            return VfioUserServer.Listen(function, path, options);
        using var descriptor = new Microsoft.Win32.SafeHandles.SafeFileHandle((nint)target.Descriptor!.Value, ownsHandle: true);
        return VfioUserServer.Attach(function, descriptor, options);
    }
}
