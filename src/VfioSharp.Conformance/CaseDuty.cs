namespace VfioSharp.Conformance;

/// <summary>How binding a case is.</summary>
public enum CaseDuty
{
    /// <summary>The specification asks for it, or no peer could work with another answer.</summary>
    Must,
    /// <summary>
    /// What known peers do where the specification is silent, or contradicts itself. Another answer is reported apart, and is no failure.
    /// </summary>
    Habit,
}
