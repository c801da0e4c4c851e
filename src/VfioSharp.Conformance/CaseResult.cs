namespace VfioSharp.Conformance;

/// <summary>What came of a case, and why. Immutable.</summary>
/// <param name="Case">The case.</param>
/// <param name="Status">What came of it.</param>
/// <param name="Reason">Why it failed (what was expected, and what came) or was skipped; null where it passed.</param>
/// <param name="Remarks">
/// Where the peer is within the specification but differs from the habits of others, a sentence each: an error number other than the usual one.
/// </param>
/// <param name="Duration">How long it took.</param>
public sealed record CaseResult(ConformanceCase Case, CaseStatus Status, string? Reason, IReadOnlyList<string> Remarks, TimeSpan Duration)
{
    /// <summary>Whether the peer is at fault: a case that failed, and that is a <see cref="CaseDuty.Must"/>.</summary>
    public bool IsFault => Status == CaseStatus.Failed && Case.Duty == CaseDuty.Must;
}
