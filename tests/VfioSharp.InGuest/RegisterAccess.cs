using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>Registers of a width that is known at run time.</summary>
internal static class RegisterAccess
{
    /// <summary>Reads a register of a width known at run time.</summary>
    public static ulong Read(RegionWindow window, ulong offset, int widthInBytes) => widthInBytes switch
    {
        1 => window.Read8(offset),
        2 => window.Read16(offset),
        4 => window.Read32(offset),
        _ => window.Read64(offset),
    };

    /// <summary>Writes a register of a width known at run time.</summary>
    public static void Write(RegionWindow window, ulong offset, ulong value, int widthInBytes)
    {
        switch (widthInBytes)
        {
            case 1:
                window.Write8(offset, (byte)value);
                break;
            case 2:
                window.Write16(offset, (ushort)value);
                break;
            case 4:
                window.Write32(offset, (uint)value);
                break;
            default:
                window.Write64(offset, value);
                break;
        }
    }
}
