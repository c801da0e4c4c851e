namespace VfioSharp.Conformance;

/// <summary>What came of a case.</summary>
public enum CaseStatus
{
    /// <summary>The peer did what the case expects.</summary>
    Passed,
    /// <summary>It did something else, or nothing in time.</summary>
    Failed,
    /// <summary>The case does not apply to this peer; the reason says why.</summary>
    Skipped,
}
