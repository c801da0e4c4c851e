namespace VfioSharp.Conformance;

/// <summary>How many cases of a run came out how. Immutable.</summary>
/// <param name="Passed">Passed.</param>
/// <param name="Failed">Failed, and were a <see cref="CaseDuty.Must"/>.</param>
/// <param name="Differing">Failed, and were a <see cref="CaseDuty.Habit"/>.</param>
/// <param name="Skipped">Skipped.</param>
public sealed record ConformanceSummary(int Passed, int Failed, int Differing, int Skipped)
{
    /// <summary>Whether no case failed that binds the peer.</summary>
    public bool IsConformant => Failed == 0;

    /// <summary>Counts results.</summary>
    public static ConformanceSummary Of(IEnumerable<CaseResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        var (passed, failed, differing, skipped) = (0, 0, 0, 0);
        foreach (var result in results)
        {
            switch (result.Status)
            {
                case CaseStatus.Passed:
                    passed++;
                    break;
                case CaseStatus.Skipped:
                    skipped++;
                    break;
                default:
                    if (result.IsFault)
                        failed++;
                    else
                        differing++;
                    break;
            }
        }

        return new ConformanceSummary(passed, failed, differing, skipped);
    }
}
