using System.Globalization;
using VfioSharp.Backends;

namespace VfioSharp.Regions;

/// <summary>What the choice of a path depends on.</summary>
/// <param name="Region">The region.</param>
/// <param name="Name">Its name, for sentences: "BAR0".</param>
/// <param name="Window">The part of the region that the window shows.</param>
/// <param name="IsPorts">Whether the BAR is one of I/O ports.</param>
/// <param name="ByRequest">The path that needs no mapping here: <see cref="AccessPath.RegionFile"/> or <see cref="AccessPath.Message"/>.</param>
/// <param name="Host">What the host of the mapping can do.</param>
internal sealed record AccessQuestion(
    RegionDescription Region, string Name, RegionArea Window, bool IsPorts, AccessPath ByRequest, DeviceHost Host);

/// <summary>
/// Chooses the way to a region's registers: the fastest that the machine, the kernel and the region allow, with the reason against
/// each faster one. Pure: it opens and asks nothing.
/// </summary>
internal static class AccessPlanner
{
    private static readonly AccessPath[] Mapped = [AccessPath.LoadStore, AccessPath.MioInstruction, AccessPath.MmioSyscall];

    /// <summary>Whether a path needs the region mapped.</summary>
    /// <param name="path">The path.</param>
    public static bool IsMapped(AccessPath path) => Array.IndexOf(Mapped, path) >= 0;

    /// <summary>Chooses the fastest path.</summary>
    /// <param name="question">What the choice depends on.</param>
    public static AccessPlan Choose(AccessQuestion question)
    {
        var ruledOut = new List<RuledOutPath>();
        foreach (var path in Mapped)
        {
            if (FindObstacle(question, path) is not { } obstacle)
                return new AccessPlan(path, Praise(question, path), ruledOut, IsGuarded(question, path));
            ruledOut.Add(new RuledOutPath(path, obstacle));
        }

        return new AccessPlan(question.ByRequest, Praise(question, question.ByRequest), ruledOut, IsFaultGuarded: true);
    }

    /// <summary>Takes the path that a person asked for.</summary>
    /// <param name="question">What the choice depends on.</param>
    /// <param name="path">The path.</param>
    /// <param name="device">The device, for the message.</param>
    /// <exception cref="VfioException">The path is not possible; the message says why.</exception>
    public static AccessPlan Force(AccessQuestion question, AccessPath path, string device)
    {
        if (FindObstacle(question, path) is { } obstacle)
            throw new VfioException($"reach {question.Name} by {path}", device, Errno.None, obstacle);

        var ruledOut = Mapped.TakeWhile(faster => faster != path)
            .Select(faster => new RuledOutPath(faster, FindObstacle(question, faster) ?? $"{path} was asked for.")).ToArray();
        return new AccessPlan(path, $"It was asked for. {Praise(question, path)}", ruledOut, IsGuarded(question, path));
    }

    /// <summary>The plan after the kernel refused to map what its flags offered.</summary>
    /// <param name="question">What the choice depends on.</param>
    /// <param name="refusal">The refusal.</param>
    public static AccessPlan AfterRefusal(AccessQuestion question, VfioException refusal)
    {
        var ruledOut = Array.ConvertAll(Mapped, path => new RuledOutPath(
            path, FindObstacle(question, path) ?? $"The kernel offered to map {question.Name} and then refused: {refusal.Message}"));
        return new AccessPlan(question.ByRequest, Praise(question, question.ByRequest), ruledOut, IsFaultGuarded: true);
    }

    /// <summary>The pages that a window needs, in bytes from the region's start.</summary>
    /// <param name="window">The window.</param>
    /// <param name="pageSizeInBytes">The page size, a power of two.</param>
    public static RegionArea RoundToPages(RegionArea window, ulong pageSizeInBytes)
    {
        var first = window.Offset & ~(pageSizeInBytes - 1);
        var length = window.LengthInBytes + (window.Offset - first);
        return new RegionArea(first, (length + pageSizeInBytes - 1) & ~(pageSizeInBytes - 1));
    }

    private static bool IsGuarded(AccessQuestion question, AccessPath path) => path != AccessPath.LoadStore || question.Host.GuardObstacle is null;

    private static string? FindObstacle(AccessQuestion question, AccessPath path) => path switch
    {
        AccessPath.LoadStore => question.Host.LoadStoreObstacle ?? FindMappingObstacle(question),
        AccessPath.MioInstruction => "Only IBM Z has MIO instructions.",
        AccessPath.MmioSyscall => "Only IBM Z has the MMIO system calls.",
        _ when path == question.ByRequest => null,
        AccessPath.RegionFile => "The function is not one of this machine's kernel, so that it has no file.",
        AccessPath.Message => "The function is one of this machine's kernel; messages reach functions that another process serves.",
        _ => "It is no way in.",
    };

    private static string? FindMappingObstacle(AccessQuestion question)
    {
        var region = question.Region;
        if (region.Index is (int)RegionIndex.Config or (int)RegionIndex.Rom or (int)RegionIndex.Vga)
            return $"The kernel maps BARs only; {question.Name} goes through the device's file.";
        if (question.IsPorts)
            return $"{question.Name} is a BAR of I/O ports, which cannot be mapped.";
        if ((region.Flags & RegionFlags.Mmap) == 0)
        {
            return region.SizeInBytes < question.Host.PageSizeInBytes
                ? string.Create(CultureInfo.InvariantCulture, $"{question.Name} has {region.SizeInBytes} bytes and shares its page of {question.Host.PageSizeInBytes} bytes with something else, so that the kernel does not map it; a firmware or kernel that aligns BARs to pages (pci=resource_alignment=) would change that.")
                : $"The kernel does not offer to map {question.Name}: its region information has no MMAP flag. 'lspci -v' shows whether the BAR has an address; on IBM Z kernels map BARs from Linux 6.15 on.";
        }

        var pages = RoundToPages(question.Window, question.Host.PageSizeInBytes);
        return region.SparseAreas.Count == 0 || region.SparseAreas.Any(area => area.Contains(pages.Offset, pages.LengthInBytes))
            ? null
            : $"Only parts of {question.Name} can be mapped ({string.Join(", ", region.SparseAreas.Select(Spell))}), and the window reaches outside of them; open a window that lies inside one.";
    }

    private static string Praise(AccessQuestion question, AccessPath path) => path switch
    {
        AccessPath.LoadStore when question.Host.GuardObstacle is { } obstacle =>
            $"{question.Name} is mapped into this process and reached by loads and stores of exact width. {obstacle}",
        AccessPath.LoadStore => $"{question.Name} is mapped into this process and reached by guarded loads and stores of exact width.",
        AccessPath.RegionFile => $"Each access to {question.Name} is a pread or pwrite on the device's file.",
        AccessPath.Message => $"Each access to {question.Name} is a message to the process that serves the function.",
        _ => throw new ArgumentOutOfRangeException(nameof(path), path, "Not a path that is chosen here."),
    };

    private static string Spell(RegionArea area) => string.Create(CultureInfo.InvariantCulture, $"0x{area.Offset:x} to 0x{area.Offset + area.LengthInBytes - 1:x}");
}
