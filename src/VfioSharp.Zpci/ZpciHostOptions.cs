namespace VfioSharp.Zpci;

/// <summary>What a host's description leaves open. The values that are there without being set are those of the recordings.</summary>
public sealed record ZpciHostOptions
{
    /// <summary>
    /// Whether the machine has facility 153, the MIO instructions; null for: with mio and, from Linux 5.2 on, with pci=off yes, with nomio no.
    /// A nomio host whose machine has them is one with "pci=nomio" on the kernel's command line.
    /// </summary>
    public bool? HasMioFacility { get; init; }

    /// <summary>How much memory the host has; it decides where the DMA window ends. A multiple of 4 KiB.</summary>
    public ulong MemoryInBytes { get; init; } = 1ul << 30;

    /// <summary>IOREMAP_START; it differs from boot to boot.</summary>
    public ulong IoremapStart { get; init; } = 0x37f_fe70_0000;

    /// <summary>How large the window is: 512 GiB less the 2 GiB for modules.</summary>
    public ulong IoremapLengthInBytes { get; init; } = 510ul << 30;
}
