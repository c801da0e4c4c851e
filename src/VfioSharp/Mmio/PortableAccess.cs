using System.Runtime.CompilerServices;

namespace VfioSharp.Mmio;

/// <summary>
/// Loads and stores for machines that get no machine code. The methods are never inlined, since the JIT narrows, merges or drops even a
/// volatile load whose result the caller masks, casts or ignores; across a call it cannot know. They are not guarded: an access to a
/// device that vanished ends the process.
/// </summary>
internal static unsafe class PortableAccess
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte Load8(byte* address) => Volatile.Read(ref *address);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ushort Load16(byte* address) => Volatile.Read(ref *(ushort*)address);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static uint Load32(byte* address) => Volatile.Read(ref *(uint*)address);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Load64(byte* address) => Volatile.Read(ref *(ulong*)address);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Store8(byte* address, byte value) => Volatile.Write(ref *address, value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Store16(byte* address, ushort value) => Volatile.Write(ref *(ushort*)address, value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Store32(byte* address, uint value) => Volatile.Write(ref *(uint*)address, value);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Store64(byte* address, ulong value) => Volatile.Write(ref *(ulong*)address, value);

    /// <summary>Loads a register of a width known at run time.</summary>
    public static ulong Load(byte* address, int widthInBytes) => widthInBytes switch
    {
        1 => Load8(address),
        2 => Load16(address),
        4 => Load32(address),
        _ => Load64(address),
    };

    /// <summary>Stores a register of a width known at run time.</summary>
    public static void Store(byte* address, ulong value, int widthInBytes)
    {
        switch (widthInBytes)
        {
            case 1:
                Store8(address, (byte)value);
                break;
            case 2:
                Store16(address, (ushort)value);
                break;
            case 4:
                Store32(address, (uint)value);
                break;
            default:
                Store64(address, value);
                break;
        }
    }
}
