namespace VfioSharp.Nvme;

/// <summary>An NVMe controller in the hands of this process.</summary>
public sealed partial class NvmeController
{
    /// <summary>The most bytes that one read or write of this controller moves.</summary>
    public int MaxTransferInBytes { get; }
}
