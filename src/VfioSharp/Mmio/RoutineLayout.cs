namespace VfioSharp.Mmio;

/// <summary>
/// Where things are in the two pages that hold the machine code and its data; the same on every architecture but for the routines' slots: of
/// 16 bytes for loads and stores, with four more for the copy, of 32 for IBM Z's instructions. The first page is code:
/// a slot per routine, the recovery stub, the signal handler, and at the end of the image the address of the second page. That one is
/// data, never executable: the handlers that were there before ours, and the count of faults.
/// </summary>
internal static class RoutineLayout
{
    /// <summary>The copy of many bytes, behind four loads and four stores.</summary>
    public const int Copy = 8 * SlotLength;

    /// <summary>The routines come first, so that the handler can tell them by one comparison: loads, stores and the copy.</summary>
    public const int GuardedLength = Copy + 4 * SlotLength;

    /// <summary>The signal handler, behind the recovery stub.</summary>
    public const int Handler = GuardedLength + SlotLength;

    /// <summary>IBM Z: the length of the four instructions' slots.</summary>
    public const int MioGuardedLength = 128;

    /// <summary>IBM Z: the signal handler, behind the recovery stub.</summary>
    public const int MioHandler = MioGuardedLength + SlotLength;

    /// <summary>Data page: the handler of SIGBUS that was there before (0 default, 1 ignored), then whether it serves one signal only.</summary>
    public const int BusPredecessor = 0;

    /// <summary>Data page: the same for SIGSEGV.</summary>
    public const int SegmentationPredecessor = 16;

    /// <summary>Data page: how many faults were recovered in this process. Before it lie 32 zero bytes: the kernel's sigaction for "default".</summary>
    public const int FaultCount = 64;

    /// <summary>Data page: the handler of SIGILL that was there before, then whether it serves one signal only. IBM Z alone.</summary>
    public const int IllegalPredecessor = 80;

    /// <summary>IBM Z: the slot of PCILGI.</summary>
    public const int MioLoad = 0;

    /// <summary>IBM Z: the slot of PCISTGI.</summary>
    public const int MioStore = 32;

    /// <summary>IBM Z: the slot of PCISTBI.</summary>
    public const int MioStoreBlock = 64;

    /// <summary>IBM Z: the slot of PCIWB.</summary>
    public const int MioWriteBarrier = 96;

    private const int SlotLength = 16;

    /// <summary>The slot of the load of a width.</summary>
    /// <param name="widthInBytes">1, 2, 4 or 8.</param>
    /// <returns>The offset in the code page.</returns>
    public static int Load(int widthInBytes) => SlotLength * SlotOf(widthInBytes);

    /// <summary>The slot of the store of a width.</summary>
    /// <param name="widthInBytes">1, 2, 4 or 8.</param>
    /// <returns>The offset in the code page.</returns>
    public static int Store(int widthInBytes) => SlotLength * (4 + SlotOf(widthInBytes));

    private static int SlotOf(int widthInBytes) => widthInBytes switch
    {
        1 => 0,
        2 => 1,
        4 => 2,
        8 => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(widthInBytes), widthInBytes, "A register is 1, 2, 4 or 8 bytes wide."),
    };
}
