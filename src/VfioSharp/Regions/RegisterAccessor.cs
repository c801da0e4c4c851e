using VfioSharp.Mmio;

namespace VfioSharp.Regions;

/// <summary>
/// A way to registers that is not a load or a store of this process: a window goes through one for every path but LoadStore. Each such
/// access costs a system call, a message or a special instruction, beside which a virtual call is nothing.
/// </summary>
internal abstract class RegisterAccessor
{
    /// <summary>Reads a register, or bytes in one request.</summary>
    /// <param name="regionOffset">The first byte, counted from the region's start.</param>
    /// <param name="destination">Takes the bytes in memory order.</param>
    /// <returns>Done, or why the access failed; then the content of <paramref name="destination"/> is not defined.</returns>
    public abstract AccessOutcome Read(ulong regionOffset, Span<byte> destination);

    /// <summary>Writes a register, or bytes in one request.</summary>
    /// <param name="regionOffset">The first byte, counted from the region's start.</param>
    /// <param name="source">The bytes in memory order.</param>
    /// <returns>Done, or why the access failed.</returns>
    public abstract AccessOutcome Write(ulong regionOffset, ReadOnlySpan<byte> source);

    /// <summary>Stores a block by one access. Only called where <see cref="BlockStores"/> finds no obstacle.</summary>
    /// <param name="regionOffset">The first byte, counted from the region's start.</param>
    /// <param name="source">The bytes in memory order.</param>
    /// <returns>Done, or why the access failed.</returns>
    public abstract AccessOutcome WriteBlock(ulong regionOffset, ReadOnlySpan<byte> source);

    /// <summary>Makes the writes before it go out, where something holds them back.</summary>
    public virtual void FlushWrites()
    {
    }
}
