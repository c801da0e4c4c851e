namespace VfioSharp.Nvme.Specification;

/// <summary>Where the registers of a controller lie in BAR 0, in bytes (NVMe Base 2.0, 3.1.3, and NVMe over PCIe Transport 1.0, 3.1.2).</summary>
public static class NvmeRegister
{
    /// <summary>CAP, 64 bit: controller capabilities.</summary>
    public const ulong Cap = 0x00;

    /// <summary>VS, 32 bit: the version that the controller follows.</summary>
    public const ulong Vs = 0x08;

    /// <summary>INTMS, 32 bit: sets bits of the interrupt mask; not for MSI-X.</summary>
    public const ulong Intms = 0x0c;

    /// <summary>INTMC, 32 bit: clears bits of the interrupt mask; not for MSI-X.</summary>
    public const ulong Intmc = 0x10;

    /// <summary>CC, 32 bit: controller configuration.</summary>
    public const ulong Cc = 0x14;

    /// <summary>CSTS, 32 bit: controller status.</summary>
    public const ulong Csts = 0x1c;

    /// <summary>NSSR, 32 bit: NVM subsystem reset.</summary>
    public const ulong Nssr = 0x20;

    /// <summary>AQA, 32 bit: sizes of the admin queues, each less one: submission in 11:0, completion in 27:16.</summary>
    public const ulong Aqa = 0x24;

    /// <summary>ASQ, 64 bit: where the admin submission queue lies.</summary>
    public const ulong Asq = 0x28;

    /// <summary>ACQ, 64 bit: where the admin completion queue lies.</summary>
    public const ulong Acq = 0x30;

    /// <summary>CMBLOC, 32 bit: where the controller memory buffer lies.</summary>
    public const ulong Cmbloc = 0x38;

    /// <summary>CMBSZ, 32 bit: how long the controller memory buffer is, and what it may hold.</summary>
    public const ulong Cmbsz = 0x3c;

    /// <summary>BPINFO, 32 bit: boot partitions.</summary>
    public const ulong Bpinfo = 0x40;

    /// <summary>CMBMSC, 64 bit: switches the controller memory buffer on, and says where it is in the controller's addresses.</summary>
    public const ulong Cmbmsc = 0x50;

    /// <summary>CMBSTS, 32 bit: whether the controller took the address.</summary>
    public const ulong Cmbsts = 0x58;

    /// <summary>CRTO, 32 bit: time-outs until the controller is ready, where CAP.CRMS says so.</summary>
    public const ulong Crto = 0x68;

    /// <summary>The first doorbell: the admin submission queue's tail.</summary>
    public const ulong FirstDoorbell = 0x1000;

    /// <summary>The doorbell of a submission queue's tail.</summary>
    /// <param name="queueId">The queue; 0 is the admin queue.</param>
    /// <param name="strideInBytes">What <see cref="ControllerCapabilities.DoorbellStrideInBytes"/> says.</param>
    /// <returns>The offset in BAR 0.</returns>
    public static ulong SubmissionTail(int queueId, int strideInBytes) => FirstDoorbell + (ulong)(2 * queueId) * (ulong)strideInBytes;

    /// <summary>The doorbell of a completion queue's head.</summary>
    /// <param name="queueId">The queue; 0 is the admin queue.</param>
    /// <param name="strideInBytes">What <see cref="ControllerCapabilities.DoorbellStrideInBytes"/> says.</param>
    /// <returns>The offset in BAR 0.</returns>
    public static ulong CompletionHead(int queueId, int strideInBytes) => FirstDoorbell + (ulong)(2 * queueId + 1) * (ulong)strideInBytes;
}
