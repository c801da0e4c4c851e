using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Backends.VfioUser;

/// <summary>Opens functions by the path of their server's socket.</summary>
internal static class VfioUserDeviceOpener
{
    /// <summary>SPDK's name of the socket where a folder is given.</summary>
    private const string SocketInFolder = "cntrl";

    /// <summary>Opens a function. A folder stands for the socket "cntrl" in it.</summary>
    /// <inheritdoc cref="DeviceOpener" path="/param"/>
    /// <inheritdoc cref="DeviceOpener" path="/returns"/>
    /// <inheritdoc cref="DeviceOpener" path="/exception"/>
    public static DeviceBackend Open(DeviceAddress address, VfioOptions options)
    {
        var device = address.ToString();
        if (options.ShareDmaWith is not null)
        {
            throw new VfioException(
                "share the I/O address space", device, Errno.EOPNOTSUPP,
                "a function that another process serves has one of its own, which ends with its connection; map the buffer for each device.");
        }

        VfioUserConnection.RequireTimeout(options);
        var path = Directory.Exists(address.Path) ? Path.Combine(address.Path, SocketInFolder) : address.Path;
        TimeSpan? timeout = options.RequestTimeout == Timeout.InfiniteTimeSpan ? null : options.RequestTimeout;
        return VfioUserDeviceBackend.Open(UnixSocket.Connect(path, device, timeout), device, options);
    }
}
