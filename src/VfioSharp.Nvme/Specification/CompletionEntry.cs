using System.Runtime.InteropServices;

namespace VfioSharp.Nvme.Specification;

/// <summary>What became of a command, as it lies in a completion queue (NVMe Base 2.0, 3.3.3.2, figure 90).</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeInBytes)]
public struct CompletionEntry
{
    /// <summary>How long an entry is.</summary>
    public const int SizeInBytes = 16;

    /// <summary>Where the phase tag and the status lie in an entry: what is read first and written last.</summary>
    public const int StatusOffset = 14;

    /// <summary>DW0: the command's result, where it has one.</summary>
    [FieldOffset(0)]
    public Le32 Result;

    /// <summary>DW1: a second half of the result, of the few commands that have it.</summary>
    [FieldOffset(4)]
    public Le32 UpperResult;

    /// <summary>SQHD: how far the controller has read the submission queue.</summary>
    [FieldOffset(8)]
    public Le16 SubmissionHead;

    /// <summary>SQID: the submission queue.</summary>
    [FieldOffset(10)]
    public Le16 SubmissionQueueId;

    /// <summary>CID: the command.</summary>
    [FieldOffset(12)]
    public Le16 CommandId;

    /// <summary>The status in 15:1 and the phase tag in 0.</summary>
    [FieldOffset(14)]
    public Le16 StatusAndPhase;

    /// <summary>The phase tag.</summary>
    public readonly bool Phase => (StatusAndPhase.Value & 1) != 0;

    /// <summary>The status.</summary>
    public readonly NvmeStatus Status => NvmeStatus.FromEntry(StatusAndPhase.Value);
}
