using System.Runtime.InteropServices;
using VfioSharp.Regions;

namespace VfioSharp.IbmZ;

/// <summary>
/// The capabilities of a device's information that only functions of IBM Z have (include/uapi/linux/vfio.h,
/// VFIO_DEVICE_INFO_CAP_ZPCI_*). A kernel without CONFIG_VFIO_PCI_ZDEV_KVM has none of them, which is no error. A capability that is
/// shorter than its version says, or says what cannot be, is left out and named among the problems; of two with the same number the first
/// counts. Immutable.
/// </summary>
internal sealed record ZpciCapabilities
{
    private const ushort UtilityStringId = 3;
    private const ushort FunctionPathId = 4;

    // CLP_UTIL_STR_LEN and CLP_PFIP_NR_SEGMENTS (arch/s390/include/asm/pci_clp.h).
    private const int LongestUtilityString = 64;
    private const int FunctionPathLength = 4;

    /// <summary>The function; null where it is not told.</summary>
    public ZpciFunctionCapability? Function { get; private init; }

    /// <summary>Its group; null where it is not told.</summary>
    public ZpciGroupCapability? Group { get; private init; }

    /// <summary>The device's name in the firmware; null where it is not told, or empty.</summary>
    public string? UtilityString { get; private init; }

    /// <summary>The four segments of the function's path in the machine; empty where they are not told.</summary>
    public IReadOnlyList<byte> FunctionPath { get; private init; } = [];

    /// <summary>What was left out and why, a sentence each.</summary>
    public IReadOnlyList<string> Problems { get; private init; } = [];

    /// <summary>Whether a capability has one of the numbers of zPCI.</summary>
    public static bool IsOfZpci(ushort id) => id is >= ZpciFunctionCapability.Id and <= FunctionPathId;

    /// <summary>Reads what is there.</summary>
    /// <param name="capabilities">The capabilities of the device's information.</param>
    /// <returns>What they say; null where none of them is one of zPCI.</returns>
    public static ZpciCapabilities? Read(IReadOnlyList<InfoCapability> capabilities)
    {
        if (!capabilities.Any(capability => IsOfZpci(capability.Id)))
            return null;

        var problems = new List<string>();
        var function = Find(capabilities, ZpciFunctionCapability.Id, "ZPCI_BASE", ZpciFunctionCapability.LengthOf, problems) is { } first
            ? ZpciFunctionCapability.Read(first.Version, first.Payload.Span)
            : null;
        var group = Find(capabilities, ZpciGroupCapability.Id, "ZPCI_GROUP", ZpciGroupCapability.LengthOf, problems) is { } second
            ? ZpciGroupCapability.Read(second.Version, second.Payload.Span)
            : null;
        if (function is { DmaWindow: null })
            problems.Add($"The capability ZPCI_BASE names the DMA window 0x{function.StartDma:x}-0x{function.EndDma:x}, which ends before it starts; it is left out.");

        return new ZpciCapabilities
        {
            Function = function,
            Group = group,
            UtilityString = EbcdicText.Decode(FindSized(capabilities, UtilityStringId, "ZPCI_UTIL", LongestUtilityString, problems).Span),
            FunctionPath = FindSized(capabilities, FunctionPathId, "ZPCI_PFIP", FunctionPathLength, problems).ToArray(),
            Problems = problems,
        };
    }

    private static InfoCapability? Find(
        IReadOnlyList<InfoCapability> capabilities, ushort id, string name, Func<ushort, int> lengthOf, List<string> problems)
    {
        var capability = capabilities.FirstOrDefault(capability => capability.Id == id);
        if (capability is null)
            return null;
        if (capability.Version == 0)
        {
            problems.Add($"The capability {name} is of version 0, which there is none of; it is left out.");
            return null;
        }

        var needed = lengthOf(capability.Version);
        if (capability.Payload.Length >= needed)
            return capability;
        problems.Add($"The capability {name} has {capability.Payload.Length} bytes where version {capability.Version} has {needed}; it is left out.");
        return null;
    }

    // Those of variable length: their size, and as many bytes.
    private static ReadOnlyMemory<byte> FindSized(
        IReadOnlyList<InfoCapability> capabilities, ushort id, string name, int longest, List<string> problems)
    {
        if (Find(capabilities, id, name, _ => sizeof(uint), problems) is not { } capability)
            return default;
        var size = MemoryMarshal.Read<uint>(capability.Payload.Span);
        var arrived = capability.Payload[sizeof(uint)..];
        if (size <= arrived.Length && size <= longest)
            return arrived[..(int)size];
        problems.Add($"The capability {name} says that it has {size} bytes, where {arrived.Length} arrived and {longest} are the most; it is left out.");
        return default;
    }
}
