using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

internal sealed partial class ActiveController
{
    private static NvmeStatus ExecuteIo(in SubmissionEntry command, FunctionHost host, out uint result)
    {
        result = 0;
        return NvmeStatus.Final(StatusCode.InvalidNamespaceOrFormat);
    }
}
