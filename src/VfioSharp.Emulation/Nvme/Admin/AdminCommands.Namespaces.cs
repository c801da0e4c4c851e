using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

// What a namespace is, and Format NVM, which makes it another one (NVM Command Set 1.0, 4.1.5.1; NVMe Base 2.0, 5.14).
internal sealed partial class AdminCommands
{
    private uint NamespaceCount => parts.NamespaceCount;

    private NvmeStatus DescribeNamespace(uint id, Span<byte> page) => CheckNamespace(id);

    private NvmeStatus DescribeIndependently(uint id, Span<byte> page) => CheckNamespace(id);

    private NvmeStatus Format(in SubmissionEntry command) => CheckNamespace(command.NamespaceId);
}
