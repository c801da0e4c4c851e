using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

// The commands of I/O queues.
internal sealed partial class ActiveController
{
    private NvmeStatus ExecuteIo(in SubmissionEntry command, FunctionHost host)
    {
        var status = _parts.Io.Execute(in command, PageShift, host);
        return status.IsSuccess && !_admin.IsWriteCacheEnabled ? WriteThrough(in command) : status;
    }

    // 5.27.1.4: without the volatile write cache, what is acknowledged is where a power cut leaves it.
    private NvmeStatus WriteThrough(in SubmissionEntry command) =>
        (IoOpcode)command.Opcode is IoOpcode.Write or IoOpcode.WriteZeroes or IoOpcode.DatasetManagement
            ? _parts.Images[(int)command.NamespaceId.Value - 1].Flush()
            : NvmeStatus.Success;
}
