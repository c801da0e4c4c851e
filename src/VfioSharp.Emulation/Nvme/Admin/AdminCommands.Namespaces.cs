using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

// What a namespace is, and Format NVM, which makes it another one (NVM Command Set 1.0, 4.1.5.1; NVMe Base 2.0, 5.14).
internal sealed partial class AdminCommands
{
    // NSFEAT: less may be allocated than there are blocks, and preferred granularities are told.
    private const byte NamespaceFeatures = 1 | 1 << 4;

    // DLFEAT: deallocated blocks read as zeroes, and Write Zeroes can deallocate.
    private const byte DeallocateFeatures = 1 | 1 << 3;

    // NSATTR.
    private const byte WriteProtected = 1;

    // Identify's description that is independent of the I/O command set (NVMe Base 2.0, figure 280).
    private const int IndependentAttributesOffset = 8;
    private const int IndependentStatusOffset = 14;
    private const byte NamespaceReady = 1;

    // What the host's page cache and file systems work in.
    private const int PreferredUnitInBytes = 4096;

    private const byte NamespaceAttributesChanged = 0;
    private const int MostChanged = LongestPageInBytes / sizeof(uint);
    private const int UserDataErase = 1;

    // The formats of every namespace; which one it has is what its image's blocks are.
    private static readonly int[] BlockSizesInBytes = [512, 4096];

    private readonly SortedSet<uint> _changed = [];

    private uint NamespaceCount => (uint)parts.Images.Count;

    private NvmeStatus DescribeNamespace(uint id, Span<byte> page)
    {
        if (CheckNamespace(id) is { IsSuccess: false } refusal)
            return refusal;
        var image = parts.Images[(int)id - 1];
        var blockSize = image.BlockSizeInBytes;
        ref var identity = ref MemoryMarshal.AsRef<IdentifyNamespace>(page);
        identity.SizeInBlocks = image.SizeInBlocks;
        identity.CapacityInBlocks = image.SizeInBlocks;
        identity.UtilizationInBlocks = Math.Min(image.SizeInBlocks, ((ulong)image.GetAllocatedInBytes() + (uint)blockSize - 1) / (uint)blockSize);
        identity.Features = NamespaceFeatures;
        identity.FormatCount = (byte)(BlockSizesInBytes.Length - 1);
        identity.FormattedAs = (byte)Array.IndexOf(BlockSizesInBytes, blockSize);
        identity.DeallocateFeatures = DeallocateFeatures;
        identity.NvmCapacityInBytes.Low = image.SizeInBlocks * (uint)blockSize;
        var preferred = (ushort)(PreferredUnitInBytes / blockSize - 1);
        identity.PreferredWriteGranularity = preferred;
        identity.PreferredWriteAlignment = preferred;
        identity.PreferredDeallocateGranularity = preferred;
        identity.PreferredDeallocateAlignment = preferred;
        identity.Attributes = image.IsReadOnly ? WriteProtected : (byte)0;
        for (var i = 0; i < BlockSizesInBytes.Length; i++)
        {
            identity.Formats[i].BlockShift = Shift(BlockSizesInBytes[i]);
            identity.Formats[i].RelativePerformance = (byte)(BlockSizesInBytes.Length - 1 - i);
        }

        return NvmeStatus.Success;
    }

    private NvmeStatus DescribeIndependently(uint id, Span<byte> page)
    {
        if (CheckNamespace(id) is { IsSuccess: false } refusal)
            return refusal;
        page[0] = NamespaceFeatures;
        page[IndependentAttributesOffset] = parts.Images[(int)id - 1].IsReadOnly ? WriteProtected : (byte)0;
        page[IndependentStatusOffset] = NamespaceReady;
        return NvmeStatus.Success;
    }

    private NvmeStatus Format(in SubmissionEntry command)
    {
        var options = command.Dword10.Value;
        var format = (int)(options & 0xf | (options >> 8 & 0x30));
        var id = command.NamespaceId.Value;
        if (id != EveryNamespace && CheckNamespace(id) is { IsSuccess: false } refusal)
            return refusal;
        // Neither metadata nor protection information can be had, nor cryptographic erasure.
        if (format >= BlockSizesInBytes.Length || (options >> 4 & 0x1f) != 0)
            return NvmeStatus.Final(StatusCode.InvalidFormat);
        if ((options >> 9 & 7) > UserDataErase)
            return NvmeStatus.Final(StatusCode.InvalidField);
        if (id != EveryNamespace)
            return Format(id, BlockSizesInBytes[format]);
        var status = NvmeStatus.Success;
        for (var each = 1u; each <= NamespaceCount && status.IsSuccess; each++)
            status = Format(each, BlockSizesInBytes[format]);
        return status;
    }

    private NvmeStatus Format(uint id, int blockSizeInBytes)
    {
        var image = parts.Images[(int)id - 1];
        if (image.IsReadOnly)
            return NvmeStatus.Final(StatusCode.NamespaceWriteProtected);
        var before = image.BlockSizeInBytes;
        var status = image.Format(blockSizeInBytes);
        if (image.BlockSizeInBytes != before)
            NoteChange(id);
        return status;
    }

    // 5.16.1.5: a host that has been told reads the log to learn which.
    private void NoteChange(uint id)
    {
        if (_changed.Count < MostChanged)
            _changed.Add(id);
        if ((controller.EventConfiguration & ChangedNamespacesNotice) != 0)
            controller.Report(new AsyncEvent(AsyncEventKind.Notice, NamespaceAttributesChanged, LogPageId.ChangedNamespaces));
    }

    private static byte Shift(int size)
    {
        byte shift = 0;
        while (1 << shift < size)
            shift++;
        return shift;
    }
}
