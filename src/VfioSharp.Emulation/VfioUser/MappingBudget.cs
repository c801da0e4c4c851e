using System.Globalization;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// How much of clients' memory may be mapped at once. A process has so many mappings and no more (vm.max_map_count), and its addresses have an end; a
/// runtime that gets none of either ends it: the memory of clients is not to take the last. All members may be called from any thread.
/// </summary>
/// <param name="most">How many mappings.</param>
/// <param name="mostBytes">How many bytes of addresses they take together.</param>
internal sealed class MappingBudget(int most, ulong mostBytes)
{
    private const string LimitFile = "/proc/sys/vm/max_map_count";
    private const string MappingsFile = "/proc/self/maps";

    /// <summary>What the kernel has unless somebody changes it (include/linux/mm.h, DEFAULT_MAX_MAP_COUNT).</summary>
    private const int UsualLimit = 65530;

    /// <summary>What a process has on IBM Z before it asks for more, which is less than elsewhere.</summary>
    private const ulong FewestAddresses = 1ul << 42;

    private readonly object _gate = new();
    private int _taken;
    private ulong _takenBytes;

    /// <summary>That of all servers of this process: three quarters of the mappings that the kernel allows it, and half of its addresses.</summary>
    public static MappingBudget OfProcess { get; } = new((int)(FindLimit() / 4L * 3), FindEndOfAddresses() / 2);

    /// <summary>How many mappings there may be.</summary>
    public int Most => most;

    /// <summary>How many bytes of addresses there may be.</summary>
    public ulong MostBytes => mostBytes;

    /// <summary>Takes the room of a mapping.</summary>
    /// <param name="lengthInBytes">How many addresses it takes.</param>
    /// <returns>Whether there was room left.</returns>
    public bool TryTake(ulong lengthInBytes)
    {
        lock (_gate)
        {
            if (_taken >= most || lengthInBytes > mostBytes - _takenBytes)
                return false;
            _taken++;
            _takenBytes += lengthInBytes;
            return true;
        }
    }

    /// <summary>Gives the room of a mapping back.</summary>
    /// <param name="lengthInBytes">How many addresses it took.</param>
    public void GiveBack(ulong lengthInBytes)
    {
        lock (_gate)
        {
            _taken--;
            _takenBytes -= lengthInBytes;
        }
    }

    private static int FindLimit() =>
        int.TryParse(ReadOrNothing(LimitFile).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : UsualLimit;

    // The kernel puts the stack of the first thread right below the end of the addresses, but for some that it leaves out by chance.
    private static ulong FindEndOfAddresses()
    {
        foreach (var line in ReadOrNothing(MappingsFile).Split('\n'))
        {
            if (line.EndsWith("[stack]", StringComparison.Ordinal)
                && ulong.TryParse(line.Split('-')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var stack))
            {
                var end = FewestAddresses;
                while (end < stack && end < 1ul << 62)
                    end <<= 1;
                return end;
            }
        }

        return FewestAddresses;
    }

    private static string ReadOrNothing(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without proc the kernel does not tell.
            return string.Empty;
        }
    }
}
