using VfioSharp.Nvme;

namespace VfioSharp.Tool.Nvme.Transfers;

/// <summary>
/// Finds out whether a namespace holds data, before it is written: whether a byte that is not 0 lies where data usually is, in its first and last MiB
/// (partition tables, file systems, RAID), or in the first and last MiB of what is to be written.
/// </summary>
internal static class PresentData
{
    private const ulong SampleInBytes = 1 << 20;

    /// <summary>Looks.</summary>
    /// <param name="controller">The controller.</param>
    /// <param name="range">What is to be written.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A block that holds data, or null where none was found.</returns>
    /// <exception cref="NvmeException">A block cannot be read.</exception>
    public static async Task<ulong?> FindAsync(NvmeController controller, BlockRange range, CancellationToken cancellation)
    {
        var space = range.Namespace;
        var sample = Math.Max(1, SampleInBytes / range.BlockSize);
        var looked = new HashSet<ulong>();
        foreach (var (first, last) in new (ulong, ulong)[] { (range.FirstLba, range.LastLba), (0, space.SizeInBlocks - 1) })
        {
            var count = Math.Min(sample, last - first + 1);
            foreach (var lba in new[] { first, last - count + 1 })
            {
                if (looked.Add(lba) && await FindAsync(controller, space, lba, count, cancellation) is { } found)
                    return found;
            }
        }

        return null;
    }

    private static async Task<ulong?> FindAsync(
        NvmeController controller, NvmeNamespace space, ulong lba, ulong blocks, CancellationToken cancellation)
    {
        var range = new BlockRange(space, lba, blocks * (ulong)space.BlockSizeInBytes);
        using var bytes = new MemoryStream();
        await NamespaceReader.CopyAsync(controller, range, bytes, static _ => { }, cancellation);
        var position = FindNonzero(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        return position < 0 ? null : lba + (ulong)position / range.BlockSize;
    }

    private static int FindNonzero(ReadOnlySpan<byte> bytes)
    {
        for (var position = 0; position < bytes.Length; position++)
        {
            if (bytes[position] != 0)
                return position;
        }

        return -1;
    }
}
