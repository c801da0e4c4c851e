namespace VfioSharp.Emulation.Nvme;

/// <summary>How the driver's doorbells reach the controller.</summary>
public enum NvmeDoorbells
{
    /// <summary>
    /// They are a page of shared memory at 0x1000 of BAR 0: who drives the controller maps it, and a doorbell costs a store and no message. The
    /// controller finds them by looking (<see cref="IPollingFunction"/>), and so never rests altogether while it is enabled. Drivers that refuse a
    /// controller whose BAR 0 cannot be mapped, as SPDK's does, take this one.
    /// </summary>
    Shared,

    /// <summary>
    /// Each is an access that calls the controller, which rests between them. A driver that knows Doorbell Buffer Config (NVMe Base 2.0, 5.8)
    /// leaves its doorbells in memory instead while the controller is busy.
    /// </summary>
    Trapped,
}
