using System.Collections.Concurrent;
using VfioSharp.Backends.Linux;
using VfioSharp.Backends.VfioUser;

namespace VfioSharp.Backends;

/// <summary>Opens the function of an address.</summary>
/// <param name="address">The address; its scheme is the one that the opener was registered for.</param>
/// <param name="options">
/// How. Where <see cref="VfioOptions.ShareDmaWith"/> names an address space, the backend's <see cref="DeviceBackend.Dma"/> must be that
/// space's; an opener that cannot join it throws.
/// </param>
/// <returns>The function, which the caller owns.</returns>
/// <exception cref="VfioException">The function cannot be opened, or the address names none; nothing is left open.</exception>
public delegate DeviceBackend DeviceOpener(DeviceAddress address, VfioOptions options);

/// <summary>
/// Who opens the addresses that this assembly has no backend for: an assembly above registers its opener, once, before
/// <see cref="VfioDevice.Open(string, VfioOptions?)"/> is called with such an address. All members may be used from any thread.
/// </summary>
public static class DeviceSchemes
{
    private static readonly ConcurrentDictionary<string, DeviceOpener> Openers = new(StringComparer.Ordinal);

    /// <summary>Names who opens the addresses of a scheme. Registering the same opener again does nothing.</summary>
    /// <param name="scheme">A scheme that <see cref="DeviceAddress"/> knows and this assembly does not open: "zpci".</param>
    /// <param name="opener">The opener. It is called from whichever thread opens a device.</param>
    /// <exception cref="ArgumentException">The scheme is not written in device addresses, or this assembly opens it itself.</exception>
    /// <exception cref="InvalidOperationException">Another opener is registered for it.</exception>
    public static void Register(string scheme, DeviceOpener opener)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(opener);
        if (!DeviceAddress.IsPrefixedScheme(scheme) || scheme == DeviceAddress.VfioUserScheme)
        {
            var free = DeviceAddress.PrefixedSchemes.Where(prefix => prefix != DeviceAddress.VfioUserScheme);
            throw new ArgumentException(
                $"'{scheme}' cannot be registered: of the schemes of device addresses those that the library does not open itself are {string.Join(", ", free)}.", nameof(scheme));
        }

        if (Openers.GetOrAdd(scheme, opener) != opener)
            throw new InvalidOperationException($"Another opener is registered for '{scheme}:' addresses.");
    }

    /// <summary>Opens an address of any scheme: the library's own, or a registered one.</summary>
    /// <exception cref="VfioException">Nobody has registered, or the opener refuses.</exception>
    internal static DeviceBackend Open(DeviceAddress address, VfioOptions options) => address.Scheme switch
    {
        DeviceAddress.PciScheme => LinuxDeviceOpener.Open(address, options),
        DeviceAddress.VfioUserScheme => VfioUserDeviceOpener.Open(address, options),
        _ => FindOpener(address)(address, options),
    };

    private static DeviceOpener FindOpener(DeviceAddress address) => Openers.TryGetValue(address.Scheme, out var opener)
        ? opener
        : throw new VfioException(
            "open the device", address.ToString(), Errno.EOPNOTSUPP,
            $"this program has no backend for '{address.Scheme}:' addresses; one that has the backend's assembly calls " +
            $"{nameof(DeviceSchemes)}.{nameof(Register)}(\"{address.Scheme}\", ...) when it starts.");
}
