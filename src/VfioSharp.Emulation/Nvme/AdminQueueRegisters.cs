namespace VfioSharp.Emulation.Nvme;

/// <summary>AQA, ASQ and ACQ (NVMe Base 2.0, 3.1.3.8 to 3.1.3.10).</summary>
/// <param name="Attributes">AQA.</param>
/// <param name="SubmissionAddress">ASQ.</param>
/// <param name="CompletionAddress">ACQ.</param>
internal readonly record struct AdminQueueRegisters(uint Attributes, ulong SubmissionAddress, ulong CompletionAddress)
{
    /// <summary>ASQS, and one.</summary>
    public int SubmissionEntries => (int)(Attributes & 0xfff) + 1;

    /// <summary>ACQS, and one.</summary>
    public int CompletionEntries => (int)(Attributes >> 16 & 0xfff) + 1;
}
