namespace VfioSharp.Zpci.Machine;

/// <summary>What the machine says of a function that is plugged in (CLP Query PCI Function; arch/s390/include/asm/clp.h).</summary>
public sealed record ZpciFunctionOptions
{
    /// <summary>pft of ISM.</summary>
    public const byte IsmFunctionType = 0x05;

    /// <summary>The user-defined id, which becomes the PCI domain; null for the next free one from 1 on.</summary>
    public ushort? UserId { get; init; }

    /// <summary>The function id; null for the user id.</summary>
    public uint? FunctionId { get; init; }

    /// <summary>pft: 5 for ISM, 0 for what an emulator plugs in.</summary>
    public byte FunctionType { get; init; }

    /// <summary>vfn: the number of a virtual function, 0 for one that is none.</summary>
    public ushort VirtualFunctionNumber { get; init; }

    /// <summary>
    /// Whether the machine gives MIO addresses for the BARs (CLP mio_addr_avail); null for its usual way: it does, but for ISM and for BARs of
    /// more than 8 GiB. Without meaning on a machine that has no MIO.
    /// </summary>
    public bool? ReportsMio { get; init; }

    /// <summary>The longest block store: 128 for what an emulator plugs in, up to 4096.</summary>
    public ushort MaximumStoreBlockInBytes { get; init; } = 128;

    /// <summary>
    /// The fewest bytes that a load brings in from the function. The instruction keeps those that were asked for rightmost and leaves the
    /// others to their left; 2 in the recordings (QEMU's NVMe controller), 1 where nothing is left there.
    /// </summary>
    public int LeastLoadInBytes { get; init; } = 1;

    /// <summary>Accesses that end otherwise than they should.</summary>
    public IReadOnlyList<InjectedFault> Faults { get; init; } = [];
}
