namespace VfioSharp.Nvme.Specification;

/// <summary>The status of a command (NVMe Base 2.0, 3.3.3.2.1, figure 92).</summary>
/// <param name="Raw">The status field: SC in 7:0, SCT in 10:8, CRD in 12:11, M in 13, DNR in 14.</param>
public readonly record struct NvmeStatus(ushort Raw)
{
    private const ushort MoreBit = 1 << 13;
    private const ushort DoNotRetryBit = 1 << 14;

    /// <summary>The command did what it was to do.</summary>
    public static NvmeStatus Success => default;

    /// <summary>SCT and SC.</summary>
    public StatusCode Code => (StatusCode)(Raw & 0x7ff);

    /// <summary>M: whether the error log says more.</summary>
    public bool HasMore => (Raw & MoreBit) != 0;

    /// <summary>DNR: whether the same command would fail again.</summary>
    public bool DoNotRetry => (Raw & DoNotRetryBit) != 0;

    /// <summary>CRD: which of the controller's times a retry should wait for; 0 for none.</summary>
    public int RetryDelay => Raw >> 11 & 3;

    /// <summary>Whether the command did what it was to do.</summary>
    public bool IsSuccess => (Raw & 0x7ff) == 0;

    /// <summary>The status that a code gives where a retry may help.</summary>
    /// <param name="code">SCT and SC.</param>
    public static implicit operator NvmeStatus(StatusCode code) => new((ushort)code);

    /// <summary>The status that a code gives where no retry helps.</summary>
    /// <param name="code">SCT and SC.</param>
    public static NvmeStatus Final(StatusCode code) => new((ushort)((ushort)code | DoNotRetryBit));

    /// <summary>The same status with <see cref="HasMore"/>.</summary>
    public NvmeStatus WithMore() => new((ushort)(Raw | MoreBit));

    /// <summary>The status in an entry of a completion queue.</summary>
    /// <param name="statusAndPhase">The entry's last 16 bit.</param>
    public static NvmeStatus FromEntry(ushort statusAndPhase) => new((ushort)(statusAndPhase >> 1));

    /// <summary>The last 16 bit of an entry of a completion queue.</summary>
    /// <param name="phase">The phase tag.</param>
    public ushort ToEntry(bool phase) => (ushort)(Raw << 1 | (phase ? 1 : 0));

    /// <summary>The status in words: "LbaOutOfRange (0x080), do not retry".</summary>
    public override string ToString() => $"{Code} (0x{Raw & 0x7ff:x3}){(DoNotRetry ? ", do not retry" : string.Empty)}";
}
