using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Io;

// Scatter gather lists (NVMe Base 2.0, 4.1.2). A list describes exactly the data of its command: SGLS does not offer anything else.
internal sealed partial class DataMap
{
    /// <summary>How many descriptors a list may have.</summary>
    public const int MostDescriptors = 1 << 14;

    private NvmeStatus MapSgl(in SubmissionEntry command, int lengthInBytes, bool intoMemory, FunctionHost host)
    {
        var descriptor = command.Sgl;
        var status = IsSegment(descriptor)
            ? MapSegments(descriptor, lengthInBytes, intoMemory, host)
            : MapDescriptor(descriptor, lengthInBytes, intoMemory);
        if (!status.IsSuccess)
            return status;
        return _lengthInBytes == lengthInBytes ? NvmeStatus.Success : NvmeStatus.Final(StatusCode.DataSglLengthInvalid);
    }

    private NvmeStatus MapSegments(SglDescriptor segment, int lengthInBytes, bool intoMemory, FunctionHost host)
    {
        var descriptors = 0u;
        while (true)
        {
            var length = segment.LengthInBytes.Value;
            var address = segment.Address.Value;
            if (segment.Subtype != 0)
                return NvmeStatus.Final(StatusCode.SglDescriptorTypeInvalid);
            if (length == 0 || length % SglDescriptor.SizeInBytes != 0 || length - 1 > ulong.MaxValue - address)
                return NvmeStatus.Final(StatusCode.InvalidSglSegmentDescriptor);
            descriptors += length / SglDescriptor.SizeInBytes;
            if (descriptors > MostDescriptors)
                return NvmeStatus.Final(StatusCode.InvalidSglDescriptorCount);
            var status = MapSegment(address, (int)length, lengthInBytes, intoMemory, host, out var next);
            if (!status.IsSuccess || next is null)
                return status;
            if (segment.Type == SglDescriptorType.LastSegment)
                return NvmeStatus.Final(StatusCode.InvalidSglSegmentDescriptor);
            segment = next.GetValueOrDefault();
        }
    }

    // Null where the segment does not lead to another.
    private NvmeStatus MapSegment(
        ulong address, int segmentInBytes, int lengthInBytes, bool intoMemory, FunctionHost host, out SglDescriptor? next)
    {
        next = null;
        while (segmentInBytes > 0)
        {
            var bytes = _list.AsSpan(0, Math.Min(segmentInBytes, _list.Length));
            if (!host.ReadMemory(address, bytes))
                return StatusCode.DataTransferError;
            address += (ulong)bytes.Length;
            segmentInBytes -= bytes.Length;
            var descriptors = MemoryMarshal.Cast<byte, SglDescriptor>(bytes);
            for (var i = 0; i < descriptors.Length; i++)
            {
                var descriptor = descriptors[i];
                if (!IsSegment(descriptor))
                {
                    var status = MapDescriptor(descriptor, lengthInBytes, intoMemory);
                    if (!status.IsSuccess)
                        return status;
                    continue;
                }

                if (segmentInBytes > 0 || i < descriptors.Length - 1)
                    return NvmeStatus.Final(StatusCode.InvalidSglDescriptorCount);
                next = descriptor;
            }
        }

        return NvmeStatus.Success;
    }

    private NvmeStatus MapDescriptor(in SglDescriptor descriptor, int lengthInBytes, bool intoMemory)
    {
        var isBucket = descriptor.Type == SglDescriptorType.BitBucket;
        if ((!isBucket && descriptor.Type != SglDescriptorType.DataBlock) || descriptor.Subtype != 0)
            return NvmeStatus.Final(StatusCode.SglDescriptorTypeInvalid);
        var length = descriptor.LengthInBytes.Value;
        // A bucket takes what is read; where data comes from the driver, it is as if it were empty (figure 103).
        if (length == 0 || (isBucket && !intoMemory))
            return NvmeStatus.Success;
        var address = descriptor.Address.Value;
        if (length > lengthInBytes - _lengthInBytes || (!isBucket && length - 1 > ulong.MaxValue - address))
            return NvmeStatus.Final(StatusCode.DataSglLengthInvalid);
        if (isBucket)
            AddGap((int)length);
        else
            Add(address, (int)length);
        return NvmeStatus.Success;
    }

    private static bool IsSegment(in SglDescriptor descriptor) => descriptor.Type is SglDescriptorType.Segment or SglDescriptorType.LastSegment;
}
