namespace VfioSharp.Emulation;

/// <summary>
/// What a function is plugged into: the memory that it may reach by DMA and the wire of its interrupts. A function sees its host only in
/// <see cref="PciFunction.DoWork"/>, never in a register handler: a host that is another process may be waiting for the handler's answer,
/// and a question to it from there would never be answered.
/// </summary>
public abstract class FunctionHost
{
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

    /// <summary>Raises a message-signalled interrupt. Nothing happens where the driver has not enabled the vector.</summary>
    /// <param name="vector">The vector, from 0.</param>
    public abstract void SignalInterrupt(int vector);
}
