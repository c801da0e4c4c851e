namespace VfioSharp.Mmio;

/// <summary>What this process can do with mapped device memory. Decided once, at the first question.</summary>
internal static unsafe class MmioSupport
{
    /// <summary>
    /// The AppContext switch that keeps the library from making machine code, for systems whose policy forbids it: set it true in the
    /// program's runtimeconfig ("configProperties") or before the first window is opened. Loads and stores are then not fault-guarded.
    /// </summary>
    public const string ForbidExecutablePagesSwitch = "VfioSharp.Mmio.ForbidExecutablePages";

    private static readonly string? WhyNotGuarded;

#pragma warning disable CA1810 // One decision fills all of them.
    static MmioSupport()
#pragma warning restore CA1810
    {
        // The only big-endian machine that runs .NET is IBM Z. There a mapped BAR is not memory: loads and stores at its address would
        // be program exceptions, or worse, succeed on something else.
        HasLoadStore = BitConverter.IsLittleEndian && sizeof(nint) == sizeof(ulong);
        if (!HasLoadStore)
        {
            Description = BitConverter.IsLittleEndian
                ? "Loads and stores are not used, because this is a 32-bit process: it cannot reach a 64-bit register in one access."
                : "Loads and stores are not used, because a mapped BAR is not memory on IBM Z: only MIO instructions or system calls reach it.";
            return;
        }

        if (AppContext.TryGetSwitch(ForbidExecutablePagesSwitch, out var forbidden) && forbidden)
            WhyNotGuarded = $"the switch {ForbidExecutablePagesSwitch} is set";
        else
            CodePage = RoutinePage.FindOrPlace(out WhyNotGuarded);
        Description = IsGuarded
            ? "Loads and stores are machine code of exact width; an access that faults is recovered and counted."
            : $"Loads and stores are not fault-guarded, because {WhyNotGuarded}: an access to a device that vanished ends the process.";
    }

    /// <summary>Whether device memory that is mapped may be reached by loads and stores at all.</summary>
    public static bool HasLoadStore { get; }

    /// <summary>Whether a load or store that faults is recovered.</summary>
    public static bool IsGuarded => CodePage is not null;

    /// <summary>The state of things, as a sentence for a person.</summary>
    public static string Description { get; }

    /// <summary>The routines, or null where loads and stores are not guarded.</summary>
    public static byte* CodePage { get; }

    /// <summary>How many faults were recovered in this process, in all load contexts together.</summary>
    public static long RecoveredFaults => CodePage is null ? 0 : Volatile.Read(ref *FaultCounter);

    private static long* FaultCounter => (long*)(CodePage + Environment.SystemPageSize + RoutineLayout.FaultCount);

    /// <summary>Counts a fault that a routine has reported.</summary>
    public static void CountRecoveredFault() => Interlocked.Increment(ref *FaultCounter);
}
