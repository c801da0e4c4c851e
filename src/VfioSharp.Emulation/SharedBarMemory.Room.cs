using System.Globalization;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Emulation;

// Whether there is memory for a BAR. The kernel gives a memfd its blocks one by one, and makes room by killing a process rather than refuse the last
// of them: what it says to be available is looked at first.
public sealed unsafe partial class SharedBarMemory
{
    private const string MemoryFile = "/proc/meminfo";
    private const string Available = "MemAvailable:";

    private static void CheckRoom(IReadOnlyList<RegionArea> areas, string name)
    {
        var wanted = 0ul;
        // Areas do not overlap, so that their sum fits where the last of them does.
        foreach (var area in areas)
            wanted += area.LengthInBytes;
        if (FindAvailable() is { } available && wanted > available)
        {
            throw new VfioException(
                $"allocate {wanted} bytes for {name}", null, Errno.ENOMEM, $"the host has {available} bytes of memory left.");
        }
    }

    // Null where the host does not tell; then the allocation itself does.
    private static ulong? FindAvailable()
    {
        if (!System.IO.File.Exists(MemoryFile))
            return null;
        foreach (var line in System.IO.File.ReadLines(MemoryFile))
        {
            if (!line.StartsWith(Available, StringComparison.Ordinal))
                continue;
            // In units of 1024 bytes, which the file calls kB.
            var number = line.AsSpan(Available.Length).Trim();
            var end = number.IndexOf(' ');
            return ulong.TryParse(end < 0 ? number : number[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes) && kibibytes <= ulong.MaxValue / 1024
                ? kibibytes * 1024
                : null;
        }

        return null;
    }

    private static void Allocate(FileDescriptor file, RegionArea area, string name)
    {
        while (Libc.fallocate(file, 0, (long)area.Offset, (long)area.LengthInBytes) != 0)
        {
            var errno = Libc.LastErrno;
            if (errno != Errno.EINTR)
                throw new VfioException($"allocate {area.LengthInBytes} bytes for {name}", null, errno);
        }
    }
}
