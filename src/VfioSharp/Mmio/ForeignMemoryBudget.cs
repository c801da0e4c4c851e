using System.Globalization;

namespace VfioSharp.Mmio;

/// <summary>
/// How much of what other processes share this process maps at most: its mappings are counted by the kernel (vm.max_map_count) and its addresses end
/// somewhere, and a runtime that gets no more of either ends the process. What is left is for the process itself. All members may be called from any
/// thread.
/// </summary>
internal sealed class ForeignMemoryBudget
{
    private const int DefaultMapCount = 65530;
    private const ulong DefaultAddresses = 1ul << 42;

    private readonly object _gate = new();
    private readonly int _mostMappings;
    private readonly ulong _mostBytes;
    private int _mappings;
    private ulong _bytes;

    /// <summary>Sets limits.</summary>
    /// <param name="mostMappings">How many mappings there may be at once.</param>
    /// <param name="mostBytes">How many bytes they may have together.</param>
    public ForeignMemoryBudget(int mostMappings, ulong mostBytes)
    {
        _mostMappings = mostMappings;
        _mostBytes = mostBytes;
    }

    /// <summary>That of this process: three quarters of the mappings that the kernel allows, and half of its addresses.</summary>
    public static ForeignMemoryBudget OfProcess { get; } = new(ReadMapCount() / 4 * 3, FindEndOfAddresses() / 2);

    /// <summary>Takes the room for a mapping.</summary>
    /// <param name="lengthInBytes">How long it is.</param>
    /// <returns>Whether there is room; then <see cref="Return"/> gives it back.</returns>
    public bool TryTake(ulong lengthInBytes)
    {
        lock (_gate)
        {
            if (_mappings >= _mostMappings || lengthInBytes > _mostBytes - _bytes)
                return false;
            _mappings++;
            _bytes += lengthInBytes;
            return true;
        }
    }

    /// <summary>Gives room back that was taken, once.</summary>
    public void Return(ulong lengthInBytes)
    {
        lock (_gate)
        {
            _mappings--;
            _bytes -= lengthInBytes;
        }
    }

    private static int ReadMapCount()
    {
        const string path = "/proc/sys/vm/max_map_count";
        return TryRead(path) is { } text && int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : DefaultMapCount;
    }

    // The kernel puts the stack of the first thread below the end of the addresses (fs/binfmt_elf.c), by far less than half of them.
    private static ulong FindEndOfAddresses()
    {
        var maps = TryRead("/proc/self/maps") ?? string.Empty;
        foreach (var line in maps.Split('\n'))
        {
            if (!line.EndsWith("[stack]", StringComparison.Ordinal))
                continue;
            var dash = line.IndexOf('-', StringComparison.Ordinal);
            if (ulong.TryParse(line[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var start))
                return RoundUpToPowerOfTwo(start);
        }

        return DefaultAddresses;
    }

    private static ulong RoundUpToPowerOfTwo(ulong number)
    {
        var power = 1ul;
        while (power < number && power < 1ul << 62)
            power <<= 1;
        return power;
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A process without /proc: what every Linux allows has to do.
            return null;
        }
    }
}
