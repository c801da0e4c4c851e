namespace VfioSharp.Emulation;

/// <summary>
/// What a function is plugged into: the memory that it may reach by DMA and the wire of its interrupts. A function sees its host only in
/// <see cref="PciFunction.DoWork"/> and where it is an <see cref="IPollingFunction"/> that is looked at, never in a register handler: a host that
/// is another process may be waiting for the handler's answer, and a question to it from there would never be answered.
/// </summary>
/// <remarks>
/// A host that is another process may have to be asked for its memory (vfio-user, memory that came without a descriptor). While
/// <see cref="ReadMemory"/> or <see cref="WriteMemory"/> waits for the answer the driver goes on, so that register handlers and resets of the
/// function run in the meantime, on the thread that waits or on another, one at a time. Work keeps what it needs in variables of its own, and
/// looks at registers again after each of these calls (<see cref="PciFunction.ResetCount"/> tells of resets); other work does not begin before it has
/// returned.
/// </remarks>
public abstract partial class FunctionHost
{
    /// <summary>By which one tells whether it is the function's work that sees the host.</summary>
    internal FunctionGate? Gate { get; set; }

    /// <summary>Reads the host's memory.</summary>
    /// <param name="iova">The first I/O virtual address.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <returns>False where any of it is not mapped for the device to read; then nothing can be said of what is in the destination.</returns>
    public abstract bool ReadMemory(ulong iova, Span<byte> destination);

    /// <summary>Writes the host's memory.</summary>
    /// <param name="iova">The first I/O virtual address.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>False where any of it is not mapped for the device to write; bytes before that place may have been written.</returns>
    public abstract bool WriteMemory(ulong iova, ReadOnlySpan<byte> source);

    /// <summary>
    /// Whether the driver's side has switched MSI-X or MSI on. A function with an interrupt line asks, since it must leave the line alone then
    /// (PCI Express Base 7.7.1.2 and 7.7.2.2). True unless overridden: there are hosts that know messages alone.
    /// </summary>
    public virtual bool UsesMessages => true;

    /// <summary>
    /// Raises an interrupt, the way that the driver's side has switched on: the vector's message by MSI-X or, where that is off, by MSI, which
    /// gives the vectors beyond those that it was granted the last one's; where both are off, the interrupt line goes up and down at once.
    /// While the vector is masked the interrupt is remembered, once, and comes when the mask goes. Nothing happens where nothing is on, or
    /// nobody listens to the vector.
    /// </summary>
    /// <param name="vector">The vector, from 0. One that the function does not have is ignored.</param>
    public abstract void SignalInterrupt(int vector);

    /// <summary>
    /// Sets the level of the interrupt line, for a function that has one (<see cref="PciIdentity.InterruptPin"/>) and a register by which the
    /// driver acknowledges: the interrupt comes again as long as the level stays. Nothing happens where it has that level already, where
    /// messages are on, or where the host has no lines, as it is unless overridden.
    /// </summary>
    /// <param name="isAsserted">Whether the function wants attention.</param>
    public virtual void SetInterruptLine(bool isAsserted)
    {
    }

    private protected void CheckThread()
    {
        if (Gate is { IsWorkingHere: false })
            throw new InvalidOperationException("A function sees its host only in DoWork, on the thread that calls it.");
    }
}
