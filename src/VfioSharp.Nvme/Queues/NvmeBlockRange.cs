namespace VfioSharp.Nvme;

/// <summary>Logical blocks of a namespace that follow each other.</summary>
/// <param name="Lba">The first block.</param>
/// <param name="Blocks">How many.</param>
public readonly record struct NvmeBlockRange(ulong Lba, ulong Blocks);
