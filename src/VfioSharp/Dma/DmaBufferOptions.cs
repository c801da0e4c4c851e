namespace VfioSharp.Dma;

/// <summary>The pages that a buffer is made of. Larger ones cost less in the I/O page tables and in their cache.</summary>
public enum DmaPageSize
{
    /// <summary>The host's ordinary pages.</summary>
    Default,
    /// <summary>Huge pages of 2 MiB, which have to be reserved in the kernel's pool.</summary>
    Huge2MiB,
    /// <summary>Huge pages of 1 GiB, which have to be reserved in the kernel's pool, as a rule when the machine starts.</summary>
    Huge1GiB,
}

/// <summary>What backs a buffer.</summary>
public enum DmaBacking
{
    /// <summary>A memfd, sealed against any change of its length: works with every backend, also where the device lives in another process.</summary>
    SharedFile,
    /// <summary>Anonymous memory that no other process can be given: no descriptor, and reached over vfio-user by messages only.</summary>
    Anonymous,
}
