using VfioSharp.Regions;

namespace VfioSharp.Tool.Arguments;

/// <summary>The paths that can be asked for.</summary>
internal static class PathNames
{
    /// <summary>Every path that reaches something, the fastest first.</summary>
    public static readonly IReadOnlyList<AccessPath> All =
        [.. Enum.GetValues<AccessPath>().Where(path => path != AccessPath.Unreachable)];
}
