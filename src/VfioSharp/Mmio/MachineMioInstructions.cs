namespace VfioSharp.Mmio;

/// <summary>
/// The MIO instructions of the machine that this process runs on, as guarded machine code. A signal that one raises (SIGBUS where memory decoding
/// is off, SIGSEGV where nothing is mapped, SIGILL where there is no PCI) becomes its outcome.
/// </summary>
internal sealed unsafe class MachineMioInstructions : MioInstructions
{
    private const int StatusShift = 24;

    private readonly MioLoadPointer _load;
    private readonly MioStorePointer _store;
    private readonly MioBlockPointer _storeBlock;
    private readonly MioBarrierPointer _writeBarrier;

    private MachineMioInstructions(byte* page)
    {
        _load = (MioLoadPointer)(page + RoutineLayout.MioLoad);
        _store = (MioStorePointer)(page + RoutineLayout.MioStore);
        _storeBlock = (MioBlockPointer)(page + RoutineLayout.MioStoreBlock);
        _writeBarrier = (MioBarrierPointer)(page + RoutineLayout.MioWriteBarrier);
    }

    /// <summary>Places the machine code, for a process on IBM Z.</summary>
    /// <param name="whyNot">Why that is not possible, as a sentence.</param>
    /// <returns>The instructions, or null.</returns>
    public static MachineMioInstructions? TryPlace(out string? whyNot) => TryPlace(S390Routines.Image, out whyNot);

    /// <summary>Places machine code of one's own; for tests, whose machines do not have the instructions.</summary>
    /// <param name="image">What stands in for <see cref="S390Routines.Image"/>, with the same layout.</param>
    /// <param name="whyNot">Why that is not possible, as a sentence.</param>
    /// <returns>The instructions, or null.</returns>
    public static MachineMioInstructions? TryPlace(ReadOnlySpan<byte> image, out string? whyNot)
    {
        byte* page = null;
        if (AppContext.TryGetSwitch(MmioSupport.ForbidExecutablePagesSwitch, out var forbidden) && forbidden)
            whyNot = $"the switch {MmioSupport.ForbidExecutablePagesSwitch} is set";
        else
            page = RoutinePage.FindOrPlace(image, out whyNot);
        if (page is not null)
            return new MachineMioInstructions(page);
        whyNot = $"MIO instructions are not used, because {whyNot}.";
        return null;
    }

    /// <inheritdoc/>
    public override AccessOutcome Load(nuint address, int widthInBytes, out ulong value)
    {
        var result = stackalloc ulong[2];
        var code = _load(address, (nuint)widthInBytes, result);
        value = result[0];
        return Conclude(code, result[1]);
    }

    /// <inheritdoc/>
    public override AccessOutcome Store(nuint address, int widthInBytes, ulong value)
    {
        var result = stackalloc ulong[2];
        var code = _store(address, (nuint)widthInBytes, value, result);
        return Conclude(code, result[1]);
    }

    /// <inheritdoc/>
    public override AccessOutcome StoreBlock(nuint address, ReadOnlySpan<byte> source)
    {
        var result = stackalloc ulong[2];
        fixed (byte* start = source)
        {
            var code = _storeBlock(address, (nuint)source.Length, start, result);
            return Conclude(code, result[1]);
        }
    }

    /// <inheritdoc/>
    public override void WriteBarrier() => _ = _writeBarrier();

    // Where the instruction raised a signal the routine wrote no length register, and its result is the signal's number, negative.
    private static AccessOutcome Conclude(int code, ulong lengthRegister) => code >= 0
        ? AccessOutcome.OfConditionCode(code, (byte)(lengthRegister >> StatusShift))
        : AccessOutcome.OfSignal(-code);
}
