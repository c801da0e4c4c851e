using VfioSharp.IbmZ;

namespace VfioSharp.Backends.Linux;

/// <summary>
/// The attributes that sysfs has for a function of IBM Z and for no other (arch/s390/pci/pci_sysfs.c). A snapshot; what an attribute does
/// not tell, because this kernel has none of that name or it makes no sense, is null. Immutable.
/// </summary>
internal sealed record ZpciAttributes
{
    /// <summary>function_id: the function's number in the machine's configuration (FID).</summary>
    public required uint FunctionId { get; init; }

    /// <summary>function_handle: by what instructions name the function; it changes when the function is switched on or off.</summary>
    public uint? FunctionHandle { get; init; }

    /// <summary>pchid: the physical channel.</summary>
    public ushort? PhysicalChannelId { get; init; }

    /// <summary>pfgid: the group of functions that it belongs to.</summary>
    public byte? GroupId { get; init; }

    /// <summary>pft: the kind of function.</summary>
    public byte? FunctionType { get; init; }

    /// <summary>vfn: the number of the virtual function.</summary>
    public ushort? VirtualFunctionNumber { get; init; }

    /// <summary>port: the adapter's port.</summary>
    public byte? Port { get; init; }

    /// <summary>fidparm: the parameters that the configuration gives the function, as bits.</summary>
    public byte? FunctionParameters { get; init; }

    /// <summary>uid: the number that the user gave the function; where it is unique it is the PCI domain.</summary>
    public uint? Uid { get; init; }

    /// <summary>uid_is_unique: whether the machine sees to it that no two functions have the same.</summary>
    public bool? IsUidUnique { get; init; }

    /// <summary>index: the number for network interface names; there where the UID is unique.</summary>
    public uint? Index { get; init; }

    /// <summary>mio_enabled: whether MIO instructions reach this function.</summary>
    public bool? IsMioEnabled { get; init; }

    /// <summary>util_string: the device's name in the firmware.</summary>
    public string? UtilityString { get; init; }

    /// <summary>pfip/segment0 to 3: the function's path in the machine; empty where one of them is missing.</summary>
    public IReadOnlyList<byte> FunctionPath { get; init; } = [];

    /// <summary>Reads the attributes of a function.</summary>
    /// <param name="sysfs">The tree.</param>
    /// <param name="address">The function's address.</param>
    /// <returns>What they say; null where the function has no function_id, which every one of IBM Z has.</returns>
    public static ZpciAttributes? Read(SysfsTree sysfs, DeviceAddress address)
    {
        var directory = PciFunctions.DirectoryOf(address);
        if (sysfs.ReadHex($"{directory}/function_id", uint.MaxValue) is not { } functionId)
            return null;

        return new ZpciAttributes
        {
            FunctionId = functionId,
            FunctionHandle = sysfs.ReadHex($"{directory}/function_handle", uint.MaxValue),
            PhysicalChannelId = (ushort?)sysfs.ReadHex($"{directory}/pchid", ushort.MaxValue),
            GroupId = (byte?)sysfs.ReadHex($"{directory}/pfgid", byte.MaxValue),
            FunctionType = (byte?)sysfs.ReadHex($"{directory}/pft", byte.MaxValue),
            VirtualFunctionNumber = (ushort?)sysfs.ReadHex($"{directory}/vfn", ushort.MaxValue),
            Port = sysfs.ReadNumber($"{directory}/port") is { } port and <= byte.MaxValue ? (byte)port : null,
            FunctionParameters = (byte?)sysfs.ReadHex($"{directory}/fidparm", byte.MaxValue),
            Uid = sysfs.ReadHex($"{directory}/uid", uint.MaxValue),
            IsUidUnique = ReadFlag(sysfs, $"{directory}/uid_is_unique"),
            Index = (uint?)sysfs.ReadNumber($"{directory}/index"),
            IsMioEnabled = ReadFlag(sysfs, $"{directory}/mio_enabled"),
            UtilityString = EbcdicText.Decode(sysfs.ReadBytes($"{directory}/util_string")),
            FunctionPath = ReadPath(sysfs, directory),
        };
    }

    private static bool? ReadFlag(SysfsTree sysfs, string file) => sysfs.ReadNumber(file) switch
    {
        0 => false,
        1 => true,
        _ => null,
    };

    private static byte[] ReadPath(SysfsTree sysfs, string directory)
    {
        var path = new byte[4];
        for (var segment = 0; segment < path.Length; segment++)
        {
            if (sysfs.ReadHex($"{directory}/pfip/segment{(char)('0' + segment)}", byte.MaxValue) is not { } value)
                return [];
            path[segment] = (byte)value;
        }

        return path;
    }
}
