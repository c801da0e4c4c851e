using System.Globalization;
using VfioSharp.Dma;
using VfioSharp.Native;

namespace VfioSharp.Backends.Linux;

/// <summary>
/// What to do when Linux refuses to map memory for DMA (drivers/vfio/vfio_iommu_type1.c, vfio_dma_do_map; drivers/iommu/iommufd,
/// iommufd_ioas_map).
/// </summary>
internal static unsafe class DmaAdvice
{
    private const string EntryLimitParameter = "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit";

    /// <summary>Says what a refusal means and what can be done about it.</summary>
    /// <param name="errno">The error of the ioctl.</param>
    /// <param name="lengthInBytes">How much was to be mapped.</param>
    /// <returns>A sentence, or null where the error says all that is known.</returns>
    public static string? ForMap(Errno errno, ulong lengthInBytes) => errno switch
    {
        Errno.ENOMEM => ForLockedMemory(ReadLimit(), ReadStatus(), lengthInBytes),
        Errno.ENOSPC => ForEntryLimit(ReadFirstLine(EntryLimitParameter)),
        Errno.EEXIST => "the IOVAs overlap a mapping that stands.",
        Errno.EINVAL => "the IOVAs are outside of what the IOMMU can translate, or they, the memory or the length are not whole I/O pages.",
        Errno.EFAULT => "the memory is not mapped into this process, is not writable and the device was to write it, or is a BAR and this way in takes none (iommufd).",
        _ => null,
    };

    /// <summary>Says that RLIMIT_MEMLOCK is in the way and how to raise it.</summary>
    /// <param name="limit">The limit, or null where it cannot be read.</param>
    /// <param name="status">The text of /proc/self/status, or null.</param>
    /// <param name="lengthInBytes">How much was to be mapped.</param>
    /// <returns>A sentence.</returns>
    internal static string ForLockedMemory(Libc.ResourceLimit? limit, string? status, ulong lengthInBytes)
    {
        if (limit is not { } known)
            return $"the kernel could not pin {ByteText.Size(lengthInBytes)}: RLIMIT_MEMLOCK or memory is short; see `ulimit -l`.";
        if (known.Soft == Libc.RLIM_INFINITY)
            return $"RLIMIT_MEMLOCK is unlimited, so the machine or its memory control group has no {ByteText.Size(lengthInBytes)} left to pin.";
        var locked = Math.Max(StatusBytes(status, "VmLck:") ?? 0, StatusBytes(status, "VmPin:") ?? 0);
        var hard = known.Hard == Libc.RLIM_INFINITY ? string.Empty : $" (hard limit {ByteText.Size(known.Hard)})";
        var needed = Sum(locked, lengthInBytes);
        return $"the memory must be locked: {ByteText.Size(lengthInBytes)} more are asked for, this process has {ByteText.Size(locked)} locked, and " +
            $"RLIMIT_MEMLOCK allows {ByteText.Size(known.Soft)}{hard}; raise it to {ByteText.Size(needed)} or more with `ulimit -l {(needed / 1024) + 1}`, " +
            "LimitMEMLOCK= in the systemd unit, or a memlock line in /etc/security/limits.d; iommufd counts what all processes of the user have pinned.";
    }

    /// <summary>Says that the container takes no more mappings.</summary>
    /// <param name="parameter">The module parameter's text, or null.</param>
    /// <returns>A sentence.</returns>
    internal static string ForEntryLimit(string? parameter)
    {
        var limit = parameter is null ? string.Empty : $" (dma_entry_limit is {parameter})";
        return $"the container takes no more mappings{limit}; map fewer, larger pieces, or raise the parameter dma_entry_limit of vfio_iommu_type1 " +
            $"with `echo N > {EntryLimitParameter}` as root and open the device again.";
    }

    private static ulong Sum(ulong left, ulong right) => left > ulong.MaxValue - right ? ulong.MaxValue : left + right;

    // "VmLck:\t     128 kB"
    private static ulong? StatusBytes(string? status, string field)
    {
        var start = status?.IndexOf(field, StringComparison.Ordinal) ?? -1;
        if (start < 0)
            return null;
        var line = status.AsSpan(start + field.Length);
        var end = line.IndexOf('\n');
        var text = (end < 0 ? line : line[..end]).Trim();
        var isKnown = text.EndsWith("kB", StringComparison.Ordinal)
            & ulong.TryParse(text.Length < 2 ? text : text[..^2].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes);
        return isKnown && kibibytes <= ulong.MaxValue / 1024 ? kibibytes * 1024 : null;
    }

    private static Libc.ResourceLimit? ReadLimit()
    {
        Libc.ResourceLimit limit;
        return Libc.getrlimit(Libc.RLIMIT_MEMLOCK, &limit) == 0 ? limit : null;
    }

    private static string? ReadStatus() => TryRead("/proc/self/status");

    private static string? ReadFirstLine(string path) => TryRead(path)?.Split('\n')[0].Trim();

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It only makes a message better.
            return null;
        }
    }
}
