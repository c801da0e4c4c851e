using System.Globalization;

namespace VfioSharp.TwoProcesses;

/// <summary>Which processor each side of a round trip is bound to.</summary>
/// <param name="Own">That of the side that asks, which this process has been started on.</param>
/// <param name="Other">That of the side that answers.</param>
internal readonly record struct Placement(int Own, int Other)
{
    /// <summary>Whether the two share one, so that no message waits until a processor wakes up; who spins keeps the other from answering then.</summary>
    public bool IsShared => Own == Other;

    /// <summary>Both on the processor of the side that asks.</summary>
    public Placement Shared => new(Own, Own);

    /// <summary>The command that starts a program on the other side's processor, and its first arguments.</summary>
    public string[] CommandOfOther(string program) => ["taskset", "-c", Other.ToString(CultureInfo.InvariantCulture), program];
}
