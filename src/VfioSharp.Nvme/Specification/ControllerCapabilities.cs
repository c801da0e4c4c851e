namespace VfioSharp.Nvme.Specification;

/// <summary>The register CAP (NVMe Base 2.0, 3.1.3.1).</summary>
/// <param name="Value">The register.</param>
public readonly record struct ControllerCapabilities(ulong Value)
{
    /// <summary>MQES: the most entries that a queue may have; from 2 to 65536.</summary>
    public int MaxQueueEntries => (int)(Value & 0xffff) + 1;

    /// <summary>CQR: whether queues have to lie in one piece of memory.</summary>
    public bool RequiresContiguousQueues => Bit(16);

    /// <summary>TO: how long the controller may take to become ready, or to cease to be.</summary>
    public TimeSpan ReadyTimeout => TimeSpan.FromMilliseconds(500 * (int)Field(24, 8));

    /// <summary>DSTRD: how far apart two doorbells are: 4 &lt;&lt; DSTRD.</summary>
    public int DoorbellStrideInBytes => 4 << (int)Field(32, 4);

    /// <summary>NSSRS: whether an NVM subsystem reset is offered.</summary>
    public bool HasSubsystemReset => Bit(36);

    /// <summary>CSS: the I/O command sets, a bit each: 0 NVM, 6 those of Identify, 7 none.</summary>
    public int CommandSets => (int)Field(37, 8);

    /// <summary>BPS: whether there are boot partitions.</summary>
    public bool HasBootPartitions => Bit(45);

    /// <summary>MPSMIN: the smallest memory page, 2^(12 + MPSMIN).</summary>
    public long MinPageSizeInBytes => 1L << (12 + (int)Field(48, 4));

    /// <summary>MPSMAX: the largest memory page, 2^(12 + MPSMAX).</summary>
    public long MaxPageSizeInBytes => 1L << (12 + (int)Field(52, 4));

    /// <summary>PMRS: whether there is a persistent memory region.</summary>
    public bool HasPersistentMemoryRegion => Bit(56);

    /// <summary>CMBS: whether there is a controller memory buffer.</summary>
    public bool HasControllerMemoryBuffer => Bit(57);

    /// <summary>CRMS: whether CRTO says the time-outs, in place of TO.</summary>
    public bool HasReadyTimeouts => Bit(59);

    private bool Bit(int bit) => (Value >> bit & 1) != 0;

    private uint Field(int shift, int width) => (uint)(Value >> shift) & ((1u << width) - 1);
}
