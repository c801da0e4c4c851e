using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Commands;

/// <summary>The commands of the admin queue as entries of it (NVMe Base 2.0, 5). Where data is, and which command it is, the queue fills in.</summary>
internal static class AdminCommand
{
    /// <summary>The namespace number that means all of them.</summary>
    public const uint AllNamespaces = uint.MaxValue;

    /// <summary>Identify (5.17).</summary>
    /// <param name="kind">CNS.</param>
    /// <param name="namespaceId">NSID, or 0.</param>
    /// <param name="commandSet">CSI, where the kind asks for one.</param>
    public static SubmissionEntry Identify(IdentifyKind kind, uint namespaceId, byte commandSet = 0) => new()
    {
        Opcode = (byte)AdminOpcode.Identify,
        NamespaceId = namespaceId,
        Dword10 = (byte)kind,
        Dword11 = (uint)commandSet << 24,
    };

    /// <summary>Get Log Page (5.16).</summary>
    /// <param name="page">LID.</param>
    /// <param name="namespaceId">NSID; all for the controller as a whole.</param>
    /// <param name="offset">LPO, a multiple of 4.</param>
    /// <param name="lengthInBytes">The length, a multiple of 4, at least 4.</param>
    /// <param name="retainsEvent">RAE: whether an asynchronous event of this page stays masked.</param>
    public static SubmissionEntry GetLogPage(LogPageId page, uint namespaceId, ulong offset, int lengthInBytes, bool retainsEvent)
    {
        var dwords = (uint)(lengthInBytes / sizeof(uint)) - 1;
        return new SubmissionEntry
        {
            Opcode = (byte)AdminOpcode.GetLogPage,
            NamespaceId = namespaceId,
            Dword10 = (byte)page | (retainsEvent ? 1u << 15 : 0) | (dwords & 0xffff) << 16,
            Dword11 = dwords >> 16,
            Dword12 = (uint)offset,
            Dword13 = (uint)(offset >> 32),
        };
    }

    /// <summary>Get Features (5.15).</summary>
    /// <param name="feature">FID.</param>
    /// <param name="select">SEL.</param>
    /// <param name="namespaceId">NSID, or 0.</param>
    /// <param name="argument">CDW11, which some features read.</param>
    public static SubmissionEntry GetFeatures(FeatureId feature, FeatureSelect select, uint namespaceId, uint argument) => new()
    {
        Opcode = (byte)AdminOpcode.GetFeatures,
        NamespaceId = namespaceId,
        Dword10 = (byte)feature | (uint)select << 8,
        Dword11 = argument,
    };

    /// <summary>Set Features (5.27).</summary>
    /// <param name="feature">FID.</param>
    /// <param name="value">CDW11.</param>
    /// <param name="namespaceId">NSID, or 0.</param>
    /// <param name="saves">SV: whether the value outlasts power cycles.</param>
    public static SubmissionEntry SetFeatures(FeatureId feature, uint value, uint namespaceId, bool saves) => new()
    {
        Opcode = (byte)AdminOpcode.SetFeatures,
        NamespaceId = namespaceId,
        Dword10 = (byte)feature | (saves ? 1u << 31 : 0),
        Dword11 = value,
    };

    /// <summary>Create I/O Completion Queue (NVMe over PCIe Transport 1.0, 3.3; Base 2.0, 5.4), in one piece of memory.</summary>
    /// <param name="queueId">QID, from 1.</param>
    /// <param name="entries">How many entries: 2 to 65536.</param>
    /// <param name="iova">Where it lies: at the start of a memory page.</param>
    /// <param name="vector">IV: the interrupt vector; null for a queue that is looked at without.</param>
    public static SubmissionEntry CreateCompletionQueue(int queueId, int entries, ulong iova, int? vector) => new()
    {
        Opcode = (byte)AdminOpcode.CreateIoCompletionQueue,
        Prp1 = iova,
        Dword10 = (uint)queueId | (uint)(entries - 1) << 16,
        Dword11 = 1 | (vector is { } number ? 1u << 1 | (uint)number << 16 : 0),
    };

    /// <summary>Create I/O Submission Queue (Base 2.0, 5.5), in one piece of memory, for the completion queue of the same number.</summary>
    /// <param name="queueId">QID, from 1.</param>
    /// <param name="entries">How many entries: 2 to 65536.</param>
    /// <param name="iova">Where it lies: at the start of a memory page.</param>
    public static SubmissionEntry CreateSubmissionQueue(int queueId, int entries, ulong iova) => new()
    {
        Opcode = (byte)AdminOpcode.CreateIoSubmissionQueue,
        Prp1 = iova,
        Dword10 = (uint)queueId | (uint)(entries - 1) << 16,
        Dword11 = 1 | (uint)queueId << 16,
    };

    /// <summary>Delete I/O Submission Queue (5.7). It goes before its completion queue.</summary>
    /// <param name="queueId">QID, from 1.</param>
    public static SubmissionEntry DeleteSubmissionQueue(int queueId) =>
        new() { Opcode = (byte)AdminOpcode.DeleteIoSubmissionQueue, Dword10 = (uint)queueId };

    /// <summary>Delete I/O Completion Queue (5.6).</summary>
    /// <param name="queueId">QID, from 1.</param>
    public static SubmissionEntry DeleteCompletionQueue(int queueId) =>
        new() { Opcode = (byte)AdminOpcode.DeleteIoCompletionQueue, Dword10 = (uint)queueId };

    /// <summary>Abort (5.1).</summary>
    /// <param name="queueId">SQID: the command's submission queue.</param>
    /// <param name="commandId">CID: the command.</param>
    public static SubmissionEntry Abort(int queueId, ushort commandId) =>
        new() { Opcode = (byte)AdminOpcode.Abort, Dword10 = (uint)queueId | (uint)commandId << 16 };

    /// <summary>Format NVM (5.14), without metadata and protection.</summary>
    /// <param name="namespaceId">NSID, or all.</param>
    /// <param name="format">LBAFL and LBAFU: the format's number, 0 to 63.</param>
    /// <param name="erase">SES.</param>
    public static SubmissionEntry FormatNvm(uint namespaceId, int format, SecureErase erase) => new()
    {
        Opcode = (byte)AdminOpcode.FormatNvm,
        NamespaceId = namespaceId,
        Dword10 = (uint)(format & 0xf) | (uint)erase << 9 | (uint)(format >> 4) << 12,
    };

    /// <summary>Doorbell Buffer Config (5.8).</summary>
    /// <param name="doorbells">Where the driver writes what it would write to doorbells: a memory page.</param>
    /// <param name="eventIndices">Where the controller says from which value on it wants a doorbell: a memory page.</param>
    public static SubmissionEntry DoorbellBufferConfig(ulong doorbells, ulong eventIndices) =>
        new() { Opcode = (byte)AdminOpcode.DoorbellBufferConfig, Prp1 = doorbells, Prp2 = eventIndices };

    /// <summary>A command that has no parameters.</summary>
    /// <param name="opcode">Asynchronous Event Request (5.2) or Keep Alive (5.18).</param>
    public static SubmissionEntry Plain(AdminOpcode opcode) => new() { Opcode = (byte)opcode };
}
