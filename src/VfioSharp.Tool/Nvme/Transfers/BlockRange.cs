using VfioSharp.Nvme;

namespace VfioSharp.Tool.Nvme.Transfers;

/// <summary>Bytes of a namespace that begin with a block and may end within one. Immutable.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="FirstLba">The first block.</param>
/// <param name="LengthInBytes">How many bytes; at least 1.</param>
internal sealed record BlockRange(NvmeNamespace Namespace, ulong FirstLba, ulong LengthInBytes)
{
    /// <summary>How many bytes a block has.</summary>
    public ulong BlockSize => (ulong)Namespace.BlockSizeInBytes;

    /// <summary>The last block that some of them lie in.</summary>
    public ulong LastLba => FirstLba + (LengthInBytes - 1) / BlockSize;

    /// <summary>The range from a block on.</summary>
    /// <param name="device">The device, for the error.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="firstLba">The block.</param>
    /// <param name="lengthInBytes">The length, at least 1; null for all that is there.</param>
    /// <exception cref="VfioException">The namespace ends before.</exception>
    public static BlockRange Within(DeviceAddress device, NvmeNamespace space, ulong firstLba, ulong? lengthInBytes)
    {
        var room = firstLba < space.SizeInBlocks ? (space.SizeInBlocks - firstLba) * (ulong)space.BlockSizeInBytes : 0;
        if (room != 0 && !(lengthInBytes > room))
            return new BlockRange(space, firstLba, lengthInBytes ?? room);
        var what = lengthInBytes is { } length ? FormattableString.Invariant($"{length} bytes from") : "blocks from";
        throw new VfioException(
            FormattableString.Invariant($"reach {what} LBA {firstLba} on of namespace {space.Id}"), device.ToString(), Errno.None,
            FormattableString.Invariant($"it has {space.SizeInBlocks} blocks of {space.BlockSizeInBytes} bytes."));
    }
}
