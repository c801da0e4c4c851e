namespace VfioSharp.Nvme.Specification;

/// <summary>The register CC (NVMe Base 2.0, 3.1.3.5).</summary>
/// <param name="Value">The register.</param>
public readonly record struct ControllerConfiguration(uint Value)
{
    /// <summary>EN: whether the controller shall process commands.</summary>
    public bool IsEnabled => (Value & 1) != 0;

    /// <summary>CSS: the I/O command set selected: 0 NVM, 6 all that are supported, 7 admin only.</summary>
    public int CommandSet => (int)(Value >> 4 & 7);

    /// <summary>MPS: the memory page size, 2^(12 + MPS).</summary>
    public int PageShift => 12 + (int)(Value >> 7 & 0xf);

    /// <summary>AMS: how the controller chooses among queues; 0 is round robin.</summary>
    public int Arbitration => (int)(Value >> 11 & 7);

    /// <summary>SHN: the shutdown that is asked for.</summary>
    public ShutdownNotification Shutdown => (ShutdownNotification)(Value >> 14 & 3);

    /// <summary>IOSQES: an I/O submission entry has 2^IOSQES bytes.</summary>
    public int SubmissionEntryShift => (int)(Value >> 16 & 0xf);

    /// <summary>IOCQES: an I/O completion entry has 2^IOCQES bytes.</summary>
    public int CompletionEntryShift => (int)(Value >> 20 & 0xf);

    /// <summary>The register for a controller that shall run.</summary>
    /// <param name="pageShift">The logarithm of the page size, 12 to 27.</param>
    /// <param name="commandSet">CSS.</param>
    /// <returns>EN set, round robin, entries of 64 and 16 bytes.</returns>
    public static ControllerConfiguration Enabled(int pageShift, int commandSet) =>
        new(1u | (uint)commandSet << 4 | (uint)(pageShift - 12) << 7 | 6u << 16 | 4u << 20);

    /// <summary>The register with another EN.</summary>
    /// <param name="isEnabled">EN.</param>
    public ControllerConfiguration WithEnabled(bool isEnabled) => new(isEnabled ? Value | 1 : Value & ~1u);

    /// <summary>The register with another SHN.</summary>
    /// <param name="shutdown">SHN.</param>
    public ControllerConfiguration WithShutdown(ShutdownNotification shutdown) => new((Value & ~(3u << 14)) | (uint)shutdown << 14);
}

/// <summary>CC.SHN.</summary>
public enum ShutdownNotification
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A normal one.</summary>
    Normal = 1,

    /// <summary>One before the power goes.</summary>
    Abrupt = 2,
}
