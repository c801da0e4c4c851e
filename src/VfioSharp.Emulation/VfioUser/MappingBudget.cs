using System.Globalization;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// How many mappings of clients' memory may stand at once. A process has so many and no more (vm.max_map_count), and a runtime that gets none ends it: the
/// memory of clients is not to take the last. All members may be called from any thread.
/// </summary>
/// <param name="most">How many.</param>
internal sealed class MappingBudget(int most)
{
    private const string LimitFile = "/proc/sys/vm/max_map_count";

    /// <summary>What the kernel has unless somebody changes it (include/linux/mm.h, DEFAULT_MAX_MAP_COUNT).</summary>
    private const int UsualLimit = 65530;

    private int _taken;

    /// <summary>That of all servers of this process: three quarters of what the kernel allows it.</summary>
    public static MappingBudget OfProcess { get; } = new((int)(FindLimit() / 4L * 3));

    /// <summary>How many there may be.</summary>
    public int Most => most;

    /// <summary>Takes one.</summary>
    /// <returns>Whether there was one left.</returns>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= most)
            return true;
        GiveBack();
        return false;
    }

    /// <summary>Gives one back.</summary>
    public void GiveBack() => Interlocked.Decrement(ref _taken);

    private static int FindLimit()
    {
        try
        {
            return int.TryParse(File.ReadAllText(LimitFile).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : UsualLimit;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without proc the kernel does not tell.
            return UsualLimit;
        }
    }
}
