using VfioSharp.Emulation.Nvme.Io;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

// The data of a command, which PRPs describe (NVMe Base 2.0, 4.1.1).
internal sealed partial class AdminCommands
{
    private readonly DataMap _map = new();

    private NvmeStatus Send(in SubmissionEntry command, FunctionHost host, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return NvmeStatus.Success;
        var status = _map.Build(in command, bytes.Length, controller.PageShift, intoMemory: true, host);
        if (!status.IsSuccess)
            return status;
        foreach (var segment in _map.GetRun(0, out _))
        {
            if (!host.WriteMemory(segment.Iova, bytes[..segment.LengthInBytes]))
                return StatusCode.DataTransferError;
            bytes = bytes[segment.LengthInBytes..];
        }

        return NvmeStatus.Success;
    }

    private NvmeStatus Fetch(in SubmissionEntry command, FunctionHost host, Span<byte> bytes)
    {
        var status = _map.Build(in command, bytes.Length, controller.PageShift, intoMemory: false, host);
        if (!status.IsSuccess)
            return status;
        foreach (var segment in _map.GetRun(0, out _))
        {
            if (!host.ReadMemory(segment.Iova, bytes[..segment.LengthInBytes]))
                return StatusCode.DataTransferError;
            bytes = bytes[segment.LengthInBytes..];
        }

        return NvmeStatus.Success;
    }

    // Data that nobody keeps: whether the driver has it is all that is looked at.
    private NvmeStatus Discard(in SubmissionEntry command, FunctionHost host, int lengthInBytes)
    {
        var status = _map.Build(in command, lengthInBytes, controller.PageShift, intoMemory: false, host);
        if (!status.IsSuccess)
            return status;
        foreach (var segment in _map.GetRun(0, out _))
        {
            for (var done = 0; done < segment.LengthInBytes; done += LongestPageInBytes)
            {
                if (!host.ReadMemory(segment.Iova + (ulong)done, _page.AsSpan(0, Math.Min(LongestPageInBytes, segment.LengthInBytes - done))))
                    return StatusCode.DataTransferError;
            }
        }

        return NvmeStatus.Success;
    }
}
