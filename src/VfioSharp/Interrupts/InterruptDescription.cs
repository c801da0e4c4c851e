namespace VfioSharp.Interrupts;

/// <summary>The interrupt indices of a PCI function as VFIO numbers them (include/uapi/linux/vfio.h, VFIO_PCI_INTX_IRQ_INDEX ff.).</summary>
public enum InterruptIndex
{
    /// <summary>The legacy interrupt line.</summary>
    Intx = 0,
    /// <summary>Message-signalled interrupts.</summary>
    Msi = 1,
    /// <summary>Message-signalled interrupts with a table.</summary>
    Msix = 2,
    /// <summary>An uncorrected error was reported for the device (AER).</summary>
    Error = 3,
    /// <summary>The host wants the device back.</summary>
    Request = 4,
}

/// <summary>What can be done with an interrupt index (include/uapi/linux/vfio.h, VFIO_IRQ_INFO_*).</summary>
[Flags]
public enum InterruptFlags
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>It can be signalled through an eventfd.</summary>
    EventFd = 1,
    /// <summary>It can be masked and unmasked.</summary>
    Maskable = 2,
    /// <summary>It masks itself each time that it fires.</summary>
    AutoMasked = 4,
    /// <summary>Vectors cannot be added while some are enabled: all must be enabled in one step.</summary>
    NoResize = 8,
}

/// <summary>What a backend says of an interrupt index. Immutable.</summary>
/// <param name="Index">The index.</param>
/// <param name="Flags">What can be done with it.</param>
/// <param name="Count">How many vectors it has; 0 where the function has no such interrupt.</param>
public sealed record InterruptDescription(InterruptIndex Index, InterruptFlags Flags, int Count);

/// <summary>What is done to vectors (include/uapi/linux/vfio.h, VFIO_IRQ_SET_ACTION_*).</summary>
public enum InterruptAction
{
    /// <summary>Hold the interrupt back.</summary>
    Mask,
    /// <summary>Let it through again; through an eventfd this is the resample event of a level interrupt.</summary>
    Unmask,
    /// <summary>Fire it, or say which eventfd it fires.</summary>
    Trigger,
}
