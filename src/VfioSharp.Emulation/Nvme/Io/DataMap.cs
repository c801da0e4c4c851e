using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Io;

/// <summary>
/// Where the data of a command lies in the driver's memory, as its PRPs or SGLs say (NVMe Base 2.0, 4.1). Made anew for each command, and used by one
/// thread at a time; it allocates until it has met its largest command.
/// </summary>
/// <remarks>
/// What a driver writes there is looked at once, in a copy. Lists that lead on and on end: one of PRPs with the data that is wanted, one of SGL
/// descriptors with <see cref="MostDescriptors"/>.
/// </remarks>
internal sealed partial class DataMap
{
    private readonly byte[] _list = new byte[FunctionBar.PageSizeInBytes];
    private MemorySegment[] _segments = new MemorySegment[64];
    private (int FirstSegment, long DataOffset)[] _runs = new (int, long)[4];
    private int _segmentCount;
    private int _runCount;
    private long _lengthInBytes;

    /// <summary>How many runs there are: one, unless parts of what is read go nowhere.</summary>
    public int RunCount => _runCount;

    /// <summary>Finds out where a command's data lies.</summary>
    /// <param name="command">The command.</param>
    /// <param name="lengthInBytes">How much data it moves; not 0.</param>
    /// <param name="pageShift">The logarithm of the memory page (CC.MPS).</param>
    /// <param name="intoMemory">Whether the data goes to the driver, who may then want less of it than there is.</param>
    /// <param name="host">The driver's memory, for lists.</param>
    /// <returns>Success, or what is wrong.</returns>
    public NvmeStatus Build(in SubmissionEntry command, int lengthInBytes, int pageShift, bool intoMemory, FunctionHost host)
    {
        _segmentCount = 0;
        _lengthInBytes = 0;
        _runs[0] = default;
        _runCount = 1;
        return command.DataPointer switch
        {
            DataPointerKind.Prp => MapPrps(command.Prp1, command.Prp2, lengthInBytes, pageShift, host),
            DataPointerKind.Sgl => MapSgl(in command, lengthInBytes, intoMemory, host),
            // Metadata is not supported, so that nothing can describe it.
            _ => NvmeStatus.Final(StatusCode.InvalidField),
        };
    }

    /// <summary>A part of the data that goes through without a gap.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="dataOffset">Where in the data it begins.</param>
    public ReadOnlySpan<MemorySegment> GetRun(int index, out long dataOffset)
    {
        int first;
        (first, dataOffset) = _runs[index];
        var end = index + 1 < _runCount ? _runs[index + 1].FirstSegment : _segmentCount;
        return _segments.AsSpan(first, end - first);
    }

    private void Add(ulong iova, int lengthInBytes)
    {
        _lengthInBytes += lengthInBytes;
        if (_segmentCount > _runs[_runCount - 1].FirstSegment)
        {
            // Pages that follow one another are moved as one.
            ref var last = ref _segments[_segmentCount - 1];
            if (last.Iova + (uint)last.LengthInBytes == iova && iova != 0)
            {
                last = new MemorySegment(last.Iova, last.LengthInBytes + lengthInBytes);
                return;
            }
        }

        if (_segmentCount == _segments.Length)
            Array.Resize(ref _segments, 2 * _segments.Length);
        _segments[_segmentCount++] = new MemorySegment(iova, lengthInBytes);
    }

    private void AddGap(int lengthInBytes)
    {
        _lengthInBytes += lengthInBytes;
        if (_runCount == _runs.Length)
            Array.Resize(ref _runs, 2 * _runs.Length);
        _runs[_runCount++] = (_segmentCount, _lengthInBytes);
    }

    // 4.1.1. The first page may begin anywhere at a multiple of 4, a list at one of 8; pages in lists, and further lists, begin where pages do.
    private NvmeStatus MapPrps(ulong prp1, ulong prp2, int lengthInBytes, int pageShift, FunctionHost host)
    {
        var pageSize = 1 << pageShift;
        var pageMask = (ulong)(pageSize - 1);
        if ((prp1 & 3) != 0)
            return NvmeStatus.Final(StatusCode.PrpOffsetInvalid);
        var first = Math.Min(lengthInBytes, pageSize - (int)(prp1 & pageMask));
        Add(prp1, first);
        var rest = lengthInBytes - first;
        if (rest == 0)
            return NvmeStatus.Success;
        if (rest > pageSize)
            return MapPrpList(prp2, rest, pageShift, host);
        if ((prp2 & pageMask) != 0)
            return NvmeStatus.Final(StatusCode.PrpOffsetInvalid);
        Add(prp2, rest);
        return NvmeStatus.Success;
    }

    private NvmeStatus MapPrpList(ulong list, int rest, int pageShift, FunctionHost host)
    {
        var pageSize = 1 << pageShift;
        var pageMask = (ulong)(pageSize - 1);
        if ((list & (sizeof(ulong) - 1)) != 0)
            return NvmeStatus.Final(StatusCode.PrpOffsetInvalid);
        while (true)
        {
            // How many entries of this page of the list count: if those are not enough, the last of them leads to the next.
            var places = (pageSize - (int)(list & pageMask)) / sizeof(ulong);
            var wanted = (rest - 1 >> pageShift) + 1;
            var leadsOn = wanted > places;
            for (var left = Math.Min(wanted, places); left > 0;)
            {
                var entries = MemoryMarshal.Cast<byte, Le64>(_list.AsSpan())[..Math.Min(left, _list.Length / sizeof(ulong))];
                if (!host.ReadMemory(list, MemoryMarshal.AsBytes(entries)))
                    return StatusCode.DataTransferError;
                list += (ulong)(entries.Length * sizeof(ulong));
                left -= entries.Length;
                foreach (var field in entries)
                {
                    var entry = field.Value;
                    if ((entry & pageMask) != 0)
                        return NvmeStatus.Final(StatusCode.PrpOffsetInvalid);
                    if (leadsOn && --places == 0)
                    {
                        list = entry;
                        break;
                    }

                    var length = Math.Min(rest, pageSize);
                    Add(entry, length);
                    rest -= length;
                }
            }

            if (!leadsOn)
                return NvmeStatus.Success;
        }
    }
}
