using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Io;

// The commands that move nothing to the image: what they look at goes through buffers of this object.
internal sealed partial class IoCommands
{
    private const int BufferInBytes = 1 << 16;
    private const uint DeallocateBit = 1 << 25;

    private readonly byte[] _stored = new byte[BufferInBytes];
    private readonly byte[] _sent = new byte[BufferInBytes];

    // 3.2.1. Both sides are looked at in copies, which nobody changes meanwhile.
    private NvmeStatus Compare(in SubmissionEntry command, NvmeImage image, int pageShift, FunctionHost host)
    {
        var status = Locate(in command, image, out var offset, out var length);
        if (status.IsSuccess)
            status = CheckTransfer(length);
        if (status.IsSuccess)
            status = _map.Build(in command, (int)length, pageShift, intoMemory: false, host);
        if (!status.IsSuccess)
            return status;
        foreach (var segment in _map.GetRun(0, out _))
        {
            for (var done = 0; done < segment.LengthInBytes;)
            {
                var sent = _sent.AsSpan(0, Math.Min(BufferInBytes, segment.LengthInBytes - done));
                var stored = _stored.AsSpan(0, sent.Length);
                if (!host.ReadMemory(segment.Iova + (uint)done, sent))
                    return StatusCode.DataTransferError;
                status = image.Read(offset, stored);
                if (!status.IsSuccess)
                    return status;
                if (!stored.SequenceEqual(sent))
                    return NvmeStatus.Final(StatusCode.CompareFailure);
                done += sent.Length;
                offset += sent.Length;
            }
        }

        Counts.CountRead((int)length);
        return status;
    }

    // 3.2.8: not bound by MDTS, as nothing is moved.
    private static NvmeStatus WriteZeroes(in SubmissionEntry command, NvmeImage image)
    {
        var status = Locate(in command, image, out var offset, out var length);
        if (status.IsSuccess)
            status = image.WriteZeroes(offset, length, (command.Dword12 & DeallocateBit) != 0);
        if (status.IsSuccess && (command.Dword12 & ForceUnitAccess) != 0)
            status = image.Flush();
        return status;
    }

    // 3.2.5.
    private NvmeStatus Verify(in SubmissionEntry command, NvmeImage image)
    {
        var status = Locate(in command, image, out var offset, out var length);
        for (var done = 0L; status.IsSuccess && done < length; done += BufferInBytes)
            status = image.Read(offset + done, _stored.AsSpan(0, (int)Math.Min(BufferInBytes, length - done)));
        if (status.IsSuccess)
            Counts.CountVerified((int)length);
        return status;
    }

    // 3.2.3. The other attributes are hints. All ranges are looked at before the first is taken.
    private NvmeStatus ManageDataset(in SubmissionEntry command, NvmeImage image, int pageShift, FunctionHost host)
    {
        if ((command.Dword11 & DatasetRange.Deallocate) == 0)
            return NvmeStatus.Success;
        if (image.IsReadOnly)
            return NvmeStatus.Final(StatusCode.NamespaceWriteProtected);
        var bytes = _sent.AsSpan(0, (int)((command.Dword10 & 0xff) + 1) * DatasetRange.SizeInBytes);
        var status = Receive(in command, bytes, pageShift, host);
        var ranges = MemoryMarshal.Cast<byte, DatasetRange>(bytes);
        for (var i = 0; status.IsSuccess && i < ranges.Length; i++)
            status = Locate(ranges[i].StartLba, ranges[i].LengthInBlocks, image, out _, out _);
        for (var i = 0; status.IsSuccess && i < ranges.Length; i++)
        {
            status = Locate(ranges[i].StartLba, ranges[i].LengthInBlocks, image, out var offset, out var length);
            if (length != 0)
                status = image.Deallocate(offset, length);
        }

        return status;
    }

    private NvmeStatus Receive(in SubmissionEntry command, Span<byte> destination, int pageShift, FunctionHost host)
    {
        var status = _map.Build(in command, destination.Length, pageShift, intoMemory: false, host);
        if (!status.IsSuccess)
            return status;
        foreach (var segment in _map.GetRun(0, out _))
        {
            if (!host.ReadMemory(segment.Iova, destination[..segment.LengthInBytes]))
                return StatusCode.DataTransferError;
            destination = destination[segment.LengthInBytes..];
        }

        return status;
    }
}
