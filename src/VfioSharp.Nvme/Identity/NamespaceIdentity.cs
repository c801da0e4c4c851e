using System.Runtime.InteropServices;
using VfioSharp.Nvme.Identity;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>
/// What a controller says of a namespace (NVM Command Set 1.0, 4.1.5.1, and NVMe Base 2.0, 5.17.2.3), read and checked. Immutable; a namespace
/// whose attributes change gets a new one. Whoever needs a field that has no property here reads it from <see cref="Structure"/>.
/// </summary>
public sealed class NamespaceIdentity
{
    private const int SmallestBlockShift = 9;
    private const int LargestBlockShift = 24;

    private readonly byte[] _bytes;
    private readonly NamespaceDescriptors _descriptors;

    private NamespaceIdentity(byte[] bytes, NamespaceDescriptors descriptors, int maxTransferInBytes)
    {
        _bytes = bytes;
        _descriptors = descriptors;
        ref var identity = ref MemoryMarshal.AsRef<IdentifyNamespace>(_bytes.AsSpan());
        Eui64 = Find(descriptors.Eui64, identity.Eui64);
        Nguid = Find(descriptors.Nguid, identity.Nguid);
        var format = identity.Formats[identity.FormatNumber];
        MetadataSizeInBytes = format.MetadataSizeInBytes.Value;
        BlockShift = format.BlockShift is >= SmallestBlockShift and <= LargestBlockShift ? format.BlockShift : 0;
        Obstacle = FindObstacle(in identity, format, maxTransferInBytes);
    }

    /// <summary>The structure as the controller sent it, unchecked.</summary>
    public ref readonly IdentifyNamespace Structure => ref MemoryMarshal.AsRef<IdentifyNamespace>(_bytes.AsSpan());

    /// <summary>The structure's <see cref="IdentifyNamespace.SizeInBytes"/> bytes as the controller sent them.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>NSZE: the size; the last logical block is one less.</summary>
    public ulong SizeInBlocks => Structure.SizeInBlocks.Value;

    /// <summary>NCAP: how many blocks can be allocated at the same time.</summary>
    public ulong CapacityInBlocks => Structure.CapacityInBlocks.Value;

    /// <summary>NUSE: how many blocks are allocated.</summary>
    public ulong UtilizationInBlocks => Structure.UtilizationInBlocks.Value;

    /// <summary>FLBAS: the number of the format that it has, among <see cref="IdentifyNamespace.Formats"/>.</summary>
    public int FormatNumber => Structure.FormatNumber;

    /// <summary>How long a logical block is, without metadata; 0 where the format makes no sense.</summary>
    public int BlockSizeInBytes => BlockShift == 0 ? 0 : 1 << BlockShift;

    /// <summary>How much metadata each block has; 0 for none.</summary>
    public int MetadataSizeInBytes { get; }

    /// <summary>DPS: the type of end-to-end protection information, 1 to 3; 0 for none.</summary>
    public int ProtectionType => Structure.Protection & 7;

    /// <summary>The I/O command set, 0 for NVM (also where the controller does not say it), 1 for key value, 2 for zoned.</summary>
    public int CommandSet => _descriptors.CommandSet ?? 0;

    /// <summary>NSATTR, bit 0: whether writes are refused.</summary>
    public bool IsWriteProtected => (Structure.Attributes & 1) != 0;

    /// <summary>NMIC, bit 0: whether other controllers may have it too.</summary>
    public bool IsShared => (Structure.Sharing & 1) != 0;

    /// <summary>The EUI-64, 8 bytes, most significant first; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Eui64 { get; }

    /// <summary>The NGUID, 16 bytes, most significant first; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Nguid { get; }

    /// <summary>The UUID; <see cref="Guid.Empty"/> where there is none.</summary>
    public Guid Uuid => _descriptors.Uuid;

    /// <summary>
    /// Why this driver neither reads nor writes the namespace, as a sentence: it has metadata, a format that makes no sense, or another command
    /// set than NVM. Null where it does.
    /// </summary>
    public string? Obstacle { get; }

    /// <summary>The logarithm of <see cref="BlockSizeInBytes"/>; 0 where the format makes no sense.</summary>
    internal int BlockShift { get; }

    /// <summary>Finds the format that has blocks of a size and no metadata; of several the one that the controller says is fastest.</summary>
    /// <param name="blockSizeInBytes">The size: a power of two, from 512 on.</param>
    /// <returns>The format's number, for <see cref="NvmeController.FormatAsync"/>; null where there is none.</returns>
    public int? FindFormat(int blockSizeInBytes)
    {
        ref var identity = ref MemoryMarshal.AsRef<IdentifyNamespace>(_bytes.AsSpan());
        int? best = null;
        for (var number = 0; number <= Math.Min(identity.FormatCount, identity.Formats.Length - 1); number++)
        {
            ref var format = ref identity.Formats[number];
            var fits = format.BlockShift is >= SmallestBlockShift and <= LargestBlockShift
                && 1 << format.BlockShift == blockSizeInBytes && format.MetadataSizeInBytes.Value == 0;
            if (fits && (best is not { } other || (format.RelativePerformance & 3) < (identity.Formats[other].RelativePerformance & 3)))
                best = number;
        }

        return best;
    }

    /// <summary>Reads and checks what a controller sent.</summary>
    /// <param name="bytes">At least <see cref="IdentifyNamespace.SizeInBytes"/> bytes; they are copied.</param>
    /// <param name="descriptors">What the list of descriptors says.</param>
    /// <param name="maxTransferInBytes">The most bytes that a command moves.</param>
    internal static NamespaceIdentity Parse(ReadOnlySpan<byte> bytes, NamespaceDescriptors descriptors, int maxTransferInBytes) =>
        new(bytes[..IdentifyNamespace.SizeInBytes].ToArray(), descriptors, maxTransferInBytes);

    // The descriptors are the later way to say it; zeroes mean that there is none.
    private static byte[] Find(byte[]? descriptor, ReadOnlySpan<byte> field)
    {
        var found = descriptor ?? field.ToArray();
        return Array.TrueForAll(found, value => value == 0) ? [] : found;
    }

    private string? FindObstacle(in IdentifyNamespace identity, LbaFormat format, int maxTransferInBytes)
    {
        if (CommandSet != 0)
            return $"its I/O command set is {NameOf(CommandSet)}, and this driver speaks the NVM command set alone.";
        if (FormatNumber > identity.FormatCount)
            return $"it has the format {FormatNumber}, and the controller describes the formats 0 to {identity.FormatCount}.";
        if (BlockShift == 0)
            return $"its logical blocks would have 2^{format.BlockShift} bytes, and from 2^{SmallestBlockShift} to 2^{LargestBlockShift} make sense.";
        if (MetadataSizeInBytes != 0)
            return $"each of its blocks has {MetadataSizeInBytes} bytes of metadata, which this driver does not carry; format it without.";
        if (ProtectionType != 0)
            return $"it is protected end to end (type {ProtectionType}), which this driver does not do; format it without.";
        if (BlockSizeInBytes > maxTransferInBytes)
            return $"a logical block has {BlockSizeInBytes} bytes, and a command moves at most {maxTransferInBytes}.";
        return SizeInBlocks > (ulong)long.MaxValue >> BlockShift
            ? $"it would have {SizeInBlocks} blocks of {BlockSizeInBytes} bytes, which is more than 64 bit can count in bytes."
            : null;
    }

    private static string NameOf(int commandSet) => commandSet switch
    {
        1 => "key value",
        2 => "zoned namespaces",
        _ => $"number {commandSet}",
    };
}
