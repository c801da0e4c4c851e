using VfioSharp.Backends;

namespace VfioSharp.Zpci.Backend;

/// <summary>Opens "zpci:HOST/FUNCTION" addresses, so that a driver runs against a modelled IBM Z as against any device.</summary>
public static class ZpciScheme
{
    /// <summary>The scheme.</summary>
    public const string Name = "zpci";

    /// <summary>
    /// Lets <see cref="VfioDevice.Open(string, VfioOptions?)"/> open such addresses. To be called when the program starts; more than once does
    /// nothing more. Each address that is opened is a machine of its own.
    /// </summary>
    /// <exception cref="InvalidOperationException">Somebody else opens such addresses.</exception>
    public static void Register() => DeviceSchemes.Register(Name, OpenBackend);

    /// <summary>Opens a function of a modelled host.</summary>
    /// <param name="address">The address, of the scheme "zpci".</param>
    /// <param name="options">How.</param>
    /// <returns>The function, which the caller owns.</returns>
    /// <exception cref="VfioException">
    /// The address names no such function, the host does not hand it out, or an address space is to be shared.
    /// </exception>
    public static DeviceBackend OpenBackend(DeviceAddress address, VfioOptions options)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(options);
        if (!ZpciFunctionAddress.TryParse(address.Path, out var named, out var reason))
            throw new VfioException("open the device", address.ToString(), Errno.None, reason);
        if (options.ShareDmaWith is not null)
        {
            throw new VfioException(
                "share an I/O address space", address.ToString(), Errno.EINVAL,
                "each modelled function is opened on a machine of its own, which shares no memory with another.");
        }

        var host = new ZpciHost(named.Host);
        var function = named.PlugInto(host);
        try
        {
            return new ZpciDeviceBackend(address.ToString(), host, function) { OwnsDevice = true };
        }
        catch
        {
            function.Device.Dispose();
            throw;
        }
    }
}
