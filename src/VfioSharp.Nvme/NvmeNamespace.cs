namespace VfioSharp.Nvme;

/// <summary>A namespace of a controller: a disk.</summary>
public sealed partial class NvmeNamespace
{
}
