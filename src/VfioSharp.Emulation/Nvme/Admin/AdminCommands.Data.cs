using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

// The data of a command, which PRPs describe (NVMe Base 2.0, 4.1.1).
internal sealed partial class AdminCommands
{
    private delegate bool MoveBytes(FunctionHost host, ulong iova, Span<byte> bytes);

    private static readonly MoveBytes ToHost = static (host, iova, bytes) => host.WriteMemory(iova, bytes);
    private static readonly MoveBytes FromHost = static (host, iova, bytes) => host.ReadMemory(iova, bytes);

    private NvmeStatus Send(in SubmissionEntry command, FunctionHost host, Span<byte> bytes) => Move(in command, host, 0, bytes, ToHost);

    private NvmeStatus Fetch(in SubmissionEntry command, FunctionHost host, ulong skipped, Span<byte> bytes) =>
        Move(in command, host, skipped, bytes, FromHost);

    private NvmeStatus Move(in SubmissionEntry command, FunctionHost host, ulong skipped, Span<byte> bytes, MoveBytes move)
    {
        var pageSize = 1ul << controller.PageShift;
        var end = skipped + (ulong)bytes.Length;
        var pointer = command.Prp1.Value;
        if ((pointer & 3) != 0)
            return NvmeStatus.Final(StatusCode.PrpOffsetInvalid);
        var piece = pageSize - (pointer & (pageSize - 1));
        var list = 0ul;
        for (var done = 0ul; done < end;)
        {
            var length = Math.Min(piece, end - done);
            if (done + length > skipped)
            {
                var start = Math.Max(done, skipped);
                if (!move(host, unchecked(pointer + (start - done)), bytes.Slice((int)(start - skipped), (int)(done + length - start))))
                    return StatusCode.DataTransferError;
            }

            done += length;
            if (done == end)
                break;
            if (NextPage(in command, host, end - done, pageSize, ref list, out pointer) is { IsSuccess: false } refusal)
                return refusal;
            piece = pageSize;
        }

        return NvmeStatus.Success;
    }

    private static NvmeStatus NextPage(in SubmissionEntry command, FunctionHost host, ulong left, ulong pageSize, ref ulong list, out ulong pointer)
    {
        pointer = command.Prp2;
        if (list != 0 || left > pageSize)
        {
            if (list == 0)
                list = pointer;
            if ((list & 7) != 0)
                return NvmeStatus.Final(StatusCode.PrpOffsetInvalid);
            // The last entry of a page of the list leads to the next page of it, where one is needed.
            if (!TryReadPointer(host, list, out pointer))
                return StatusCode.DataTransferError;
            if ((list & (pageSize - 1)) == pageSize - sizeof(ulong) && left > pageSize)
            {
                list = pointer;
                if ((list & (pageSize - 1)) != 0)
                    return NvmeStatus.Final(StatusCode.PrpOffsetInvalid);
                if (!TryReadPointer(host, list, out pointer))
                    return StatusCode.DataTransferError;
            }

            list += sizeof(ulong);
        }

        return (pointer & (pageSize - 1)) != 0 ? NvmeStatus.Final(StatusCode.PrpOffsetInvalid) : NvmeStatus.Success;
    }

    private static bool TryReadPointer(FunctionHost host, ulong iova, out ulong pointer)
    {
        var field = default(Le64);
        var isRead = host.ReadMemory(iova, MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref field, 1)));
        pointer = field;
        return isRead;
    }
}
