using System.Runtime.InteropServices;
using VfioSharp.Native;

namespace VfioSharp.Mmio;

/// <summary>
/// Copies between this process's memory and memory that another process may pull away at any moment, such as a shared file that it cuts short: a
/// fault ends the copy and nothing else.
/// </summary>
/// <remarks>
/// Where there are guarded loads and stores, a copy of less than <see cref="LongInBytes"/> is made of those: of 8 bytes at multiples of 8 in the foreign
/// memory, in ascending order, single bytes at the ends. So an aligned field of up to 8 bytes is never torn, and stores are seen in their order. A
/// longer copy is one routine, which promises nothing of the kind; it comes behind what was stored before it, and before what is stored behind it, on
/// x86-64 (Intel SDM volume 3, "Memory-Ordering Model for String Operations") and by the barriers of loads and stores on arm64. Elsewhere (IBM Z, and
/// where a policy forbids machine code) the kernel copies, which says EFAULT where a load would raise a signal (mm/process_vm_access.c).
/// </remarks>
internal static unsafe class GuardedCopy
{
    /// <summary>From how many bytes on a copy is made by the routine for many.</summary>
    public const int LongInBytes = 128;

    /// <summary>Copies from foreign memory to foreign memory: a fault on either side ends it.</summary>
    /// <param name="destination">The first byte to be written, of any alignment; the two do not overlap.</param>
    /// <param name="source">The first byte to be read, of any alignment.</param>
    /// <param name="lengthInBytes">How many.</param>
    /// <returns>False where a byte could not be read or written; those before it may have been.</returns>
    public static bool TryCopy(byte* destination, byte* source, int lengthInBytes)
    {
        if (!MmioSupport.IsGuarded)
            return TryWriteByKernel(destination, new ReadOnlySpan<byte>(source, lengthInBytes));
        return GuardedAccess.Copy(destination, source, (nuint)lengthInBytes) == 0 || Faulted();
    }

    /// <summary>Copies out of foreign memory.</summary>
    /// <param name="source">The first byte, of any alignment; the memory is ordinary memory, not a device's.</param>
    /// <param name="destination">Takes the bytes.</param>
    /// <returns>False where a byte could not be read; nothing can then be said of what is in the destination.</returns>
    public static bool TryRead(byte* source, Span<byte> destination)
    {
        if (!MmioSupport.IsGuarded)
            return TryReadByKernel(source, destination);
        if (destination.Length >= LongInBytes)
        {
            fixed (byte* bytes = destination)
                return TryCopy(bytes, source, destination.Length);
        }

        var done = 0;
        for (; done < destination.Length && ((nuint)(source + done) & 7) != 0; done++)
        {
            if (!TryReadByte(source + done, ref destination[done]))
                return false;
        }

        for (; done <= destination.Length - sizeof(ulong); done += sizeof(ulong))
        {
            var result = GuardedAccess.Load64(source + done);
            if (result.Fault != 0)
                return Faulted();
            MemoryMarshal.Write(destination[done..], result.Value);
        }

        for (; done < destination.Length; done++)
        {
            if (!TryReadByte(source + done, ref destination[done]))
                return false;
        }

        return true;
    }

    /// <summary>Copies into foreign memory.</summary>
    /// <param name="destination">The first byte, of any alignment; the memory is ordinary memory, not a device's.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>False where a byte could not be written; those before it may have been.</returns>
    public static bool TryWrite(byte* destination, ReadOnlySpan<byte> source)
    {
        if (!MmioSupport.IsGuarded)
            return TryWriteByKernel(destination, source);
        if (source.Length >= LongInBytes)
        {
            fixed (byte* bytes = source)
                return TryCopy(destination, bytes, source.Length);
        }

        var done = 0;
        for (; done < source.Length && ((nuint)(destination + done) & 7) != 0; done++)
        {
            if (GuardedAccess.Store8(destination + done, source[done]) != 0)
                return Faulted();
        }

        for (; done <= source.Length - sizeof(ulong); done += sizeof(ulong))
        {
            if (GuardedAccess.Store64(destination + done, MemoryMarshal.Read<ulong>(source[done..])) != 0)
                return Faulted();
        }

        for (; done < source.Length; done++)
        {
            if (GuardedAccess.Store8(destination + done, source[done]) != 0)
                return Faulted();
        }

        return true;
    }

    private static bool TryReadByte(byte* source, ref byte destination)
    {
        var result = GuardedAccess.Load8(source);
        if (result.Fault != 0)
            return Faulted();
        destination = (byte)result.Value;
        return true;
    }

    private static bool Faulted()
    {
        MmioSupport.CountRecoveredFault();
        return false;
    }

    /// <summary><see cref="TryRead"/> where there are no guarded loads.</summary>
    internal static bool TryReadByKernel(byte* source, Span<byte> destination)
    {
        fixed (byte* bytes = destination)
        {
            var local = new Libc.IoVector { Start = bytes, Length = (nuint)destination.Length };
            var remote = new Libc.IoVector { Start = source, Length = (nuint)destination.Length };
            return Libc.process_vm_readv(OwnProcess.Id, &local, 1, &remote, 1, 0) == destination.Length;
        }
    }

    /// <summary><see cref="TryWrite"/> where there are no guarded stores.</summary>
    internal static bool TryWriteByKernel(byte* destination, ReadOnlySpan<byte> source)
    {
        fixed (byte* bytes = source)
        {
            var local = new Libc.IoVector { Start = bytes, Length = (nuint)source.Length };
            var remote = new Libc.IoVector { Start = destination, Length = (nuint)source.Length };
            return Libc.process_vm_writev(OwnProcess.Id, &local, 1, &remote, 1, 0) == source.Length;
        }
    }

    private static class OwnProcess
    {
        public static readonly int Id = Environment.ProcessId;
    }
}
