using System.Diagnostics;
using System.Runtime.InteropServices;

namespace VfioSharp.Mmio;

/// <summary>What a load routine returns, in the two result registers.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct LoadResult
{
    /// <summary>The register's value in its low bits; all ones after a fault.</summary>
    public readonly ulong Value;

    /// <summary>Not 0 where the load faulted.</summary>
    public readonly ulong Fault;
}

/// <summary>
/// The machine-code routines as function pointers, for <see cref="MmioSupport.IsGuarded"/> only; null otherwise. Loads and stores are
/// called without a GC transition, which is what makes them cheap: a routine is one access and returns, and a garbage collection waits for it no
/// longer than the device takes to answer.
/// </summary>
internal static unsafe class GuardedAccess
{
    public static readonly LoadPointer Load8;
    public static readonly LoadPointer Load16;
    public static readonly LoadPointer Load32;
    public static readonly LoadPointer Load64;

    // A store's only result is the fault: not 0 where it faulted.
    public static readonly StorePointer Store8;
    public static readonly StorePointer Store16;
    public static readonly StorePointer Store32;
    public static readonly StorePointer Store64;

    // To, from and the number of bytes; the result is the fault, as a store's is.
    public static readonly CopyPointer Copy;

    private static readonly byte* Page = MmioSupport.CodePage;

#pragma warning disable CA1810 // The order matters: the page first, then what points into it.
    static GuardedAccess()
#pragma warning restore CA1810
    {
        if (Page is null)
            return;
        Load8 = LoadRoutine(1);
        Load16 = LoadRoutine(2);
        Load32 = LoadRoutine(4);
        Load64 = LoadRoutine(8);
        Store8 = StoreRoutine(1);
        Store16 = StoreRoutine(2);
        Store32 = StoreRoutine(4);
        Store64 = StoreRoutine(8);
        Copy = (CopyPointer)(Page + RoutineLayout.Copy);
    }

    /// <summary>Loads a register of a width known at run time.</summary>
    public static LoadResult Load(byte* address, int widthInBytes)
    {
        Debug.Assert(Page is not null);
        return LoadRoutine(widthInBytes)(address);
    }

    /// <summary>Stores a register of a width known at run time.</summary>
    public static ulong Store(byte* address, ulong value, int widthInBytes)
    {
        Debug.Assert(Page is not null);
        return StoreRoutine(widthInBytes)(address, value);
    }

    private static LoadPointer LoadRoutine(int widthInBytes) =>
        (LoadPointer)(Page + RoutineLayout.Load(widthInBytes));

    private static StorePointer StoreRoutine(int widthInBytes) =>
        (StorePointer)(Page + RoutineLayout.Store(widthInBytes));
}
