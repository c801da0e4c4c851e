using System.Runtime.CompilerServices;

namespace VfioSharp.Mmio;

/// <summary>
/// Copies bytes from and to memory that somebody else may pull away: a shared file that another process cuts short, a BAR that is unmapped.
/// It is memory, not registers: how wide the accesses are is nobody's business. Where loads and stores are not guarded
/// (<see cref="MmioSupport.IsGuarded"/>) the copy is a plain one, and a fault ends the process.
/// </summary>
internal static unsafe class GuardedMemory
{
    /// <summary>Copies out of the memory.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <returns>Whether every byte could be read; otherwise what the destination holds is not defined.</returns>
    public static bool TryRead(byte* address, Span<byte> destination)
    {
        if (!MmioSupport.IsGuarded)
        {
            new ReadOnlySpan<byte>(address, destination.Length).CopyTo(destination);
            return true;
        }

        var position = 0;
        while (position < destination.Length)
        {
            var width = WidthAt(address + position, destination.Length - position);
            var result = GuardedAccess.Load(address + position, width);
            if (result.Fault != 0)
            {
                MmioSupport.CountRecoveredFault();
                return false;
            }

            if (width == sizeof(ulong))
                Unsafe.WriteUnaligned(ref destination[position], result.Value);
            else
                destination[position] = (byte)result.Value;
            position += width;
        }

        return true;
    }

    /// <summary>Copies into the memory.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>Whether every byte could be written; otherwise some may have been.</returns>
    public static bool TryWrite(byte* address, ReadOnlySpan<byte> source)
    {
        if (!MmioSupport.IsGuarded)
        {
            source.CopyTo(new Span<byte>(address, source.Length));
            return true;
        }

        var position = 0;
        while (position < source.Length)
        {
            var width = WidthAt(address + position, source.Length - position);
            var value = width == sizeof(ulong) ? Unsafe.ReadUnaligned<ulong>(ref Unsafe.AsRef(in source[position])) : source[position];
            if (GuardedAccess.Store(address + position, value, width) != 0)
            {
                MmioSupport.CountRecoveredFault();
                return false;
            }

            position += width;
        }

        return true;
    }

    private static int WidthAt(byte* address, int rest) => rest >= sizeof(ulong) && ((nuint)address & (sizeof(ulong) - 1)) == 0 ? sizeof(ulong) : 1;
}
