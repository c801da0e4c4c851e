using System.Globalization;
using VfioSharp.Regions;

namespace VfioSharp.Tool.Reports.Registers;

/// <summary>Opens windows for the verbs, with sentences for what lies outside of a device.</summary>
internal static class RegisterWindow
{
    /// <summary>Looks a region up.</summary>
    /// <exception cref="VfioException">The device has no such region.</exception>
    public static Region Require(VfioDevice device, int index)
    {
        var count = device.Regions.Count;
        if (index >= count)
        {
            throw new VfioException(string.Create(CultureInfo.InvariantCulture, $"reach region {index}"), device.Address.ToString(), Errno.None,
                string.Create(CultureInfo.InvariantCulture, $"its regions have the numbers 0 to {count - 1}."));
        }

        var region = device.Regions[index];
        if (!region.Exists)
            throw new VfioException($"reach {region.Name}", device.Address.ToString(), Errno.None, "the function has no such region; `vfio probe` lists those that it has.");
        return region;
    }

    /// <summary>Opens a window on a part of a region, which the caller owns. An access that does not reach the device throws.</summary>
    /// <exception cref="VfioException">The part does not lie in the region, or the path is not possible.</exception>
    public static RegionWindow Open(VfioDevice device, Region region, ulong offset, ulong lengthInBytes, AccessPath? path, OnFault onFault = OnFault.Throw)
    {
        if (offset >= region.SizeInBytes || lengthInBytes > region.SizeInBytes - offset)
        {
            throw new VfioException(string.Create(CultureInfo.InvariantCulture, $"reach {lengthInBytes} bytes at offset 0x{offset:x} of {region.Name}"),
                device.Address.ToString(), Errno.None, string.Create(CultureInfo.InvariantCulture, $"{region.Name} ends at 0x{region.SizeInBytes:x}."));
        }

        return region.Open(new WindowOptions { Offset = offset, LengthInBytes = lengthInBytes, Path = path, OnFault = onFault });
    }

    /// <summary>Reads a register at the window's start.</summary>
    public static ulong Read(RegionWindow window, int widthInBits) => widthInBits switch
    {
        8 => window.Read8(0),
        16 => window.Read16(0),
        32 => window.Read32(0),
        _ => window.Read64(0),
    };

    /// <summary>Writes a register at the window's start.</summary>
    public static void Write(RegionWindow window, int widthInBits, ulong value)
    {
        switch (widthInBits)
        {
            case 8:
                window.Write8(0, (byte)value);
                break;
            case 16:
                window.Write16(0, (ushort)value);
                break;
            case 32:
                window.Write32(0, (uint)value);
                break;
            default:
                window.Write64(0, value);
                break;
        }
    }
}
