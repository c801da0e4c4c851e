using System.Globalization;

namespace VfioSharp.Regions;

/// <summary>
/// Chooses the way to a region's registers: the fastest that the machine, the kernel and the region allow, with the reason against
/// each faster one. Pure: it opens and asks nothing.
/// </summary>
internal static partial class AccessPlanner
{
    private static readonly AccessPath[] Mapped = [AccessPath.LoadStore, AccessPath.MioInstruction, AccessPath.MmioSyscall];

    /// <summary>Whether a path needs the region mapped.</summary>
    /// <param name="path">The path.</param>
    public static bool IsMapped(AccessPath path) => Array.IndexOf(Mapped, path) >= 0;

    /// <summary>Chooses the fastest path, or <see cref="AccessPath.Unreachable"/> where there is none.</summary>
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

        return WithoutMapping(question, ruledOut);
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
            path, FindObstacle(question, path) ?? (question.IsServed
                ? $"The server shares the memory of {question.Name}, which could not be mapped: {refusal.Message}"
                : $"The kernel offered to map {question.Name} and then refused: {refusal.Message}")));
        return WithoutMapping(question, ruledOut);
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

    private static AccessPlan WithoutMapping(AccessQuestion question, IReadOnlyList<RuledOutPath> ruledOut) =>
        FindObstacle(question, question.ByRequest) is { } obstacle
            ? new AccessPlan(AccessPath.Unreachable, obstacle, [.. ruledOut, new RuledOutPath(question.ByRequest, obstacle)], IsFaultGuarded: true)
            : new AccessPlan(question.ByRequest, Praise(question, question.ByRequest), ruledOut, IsFaultGuarded: true);

    // MIO instructions are only taken where they are guarded.
    private static bool IsGuarded(AccessQuestion question, AccessPath path) => path != AccessPath.LoadStore || question.Host.GuardObstacle is null;

    private static string Praise(AccessQuestion question, AccessPath path) => question.Region.SizeInBytes <= question.ReachableLengthInBytes
        ? PraisePath(question, path)
        : PraisePath(question, path) + string.Create(
            CultureInfo.InvariantCulture,
            $" Only its first 0x{question.ReachableLengthInBytes:x} bytes are within reach: behind them another region begins in the device's file.");

    private static string PraisePath(AccessQuestion question, AccessPath path) => path switch
    {
        AccessPath.LoadStore when question.Host.GuardObstacle is { } obstacle =>
            $"{question.Name} is mapped into this process and reached by loads and stores of exact width. {obstacle}",
        AccessPath.LoadStore => $"{question.Name} is mapped into this process and reached by guarded loads and stores of exact width.",
        AccessPath.MioInstruction => $"{question.Name} is mapped into this process and reached by guarded MIO instructions.",
        AccessPath.MmioSyscall => $"{question.Name} is mapped into this process, and each access is a system call, s390_pci_mmio_read or s390_pci_mmio_write.",
        AccessPath.RegionFile when question.Host.IsIbmZ && question.IsBar => PraiseFileOnIbmZ(question),
        AccessPath.RegionFile => PraiseFile(question),
        AccessPath.Message => $"Each access to {question.Name} is a message to the process that serves the function.",
        _ => throw new ArgumentOutOfRangeException(nameof(path), path, "Not a path that is chosen here."),
    };

    private static string PraiseFile(AccessQuestion question) => $"Each access to {question.Name} is a pread or pwrite on the device's file.";
}
