using System.Text.RegularExpressions;

namespace VfioSharp.Guest.Tests.Mio;

/// <summary>
/// Every way in which an answer here may differ from the recorded one, with the reason. A line that differs in any other way fails the tests.
/// </summary>
internal static class ExplainedDifferences
{
    /// <summary>The recording ("*" for all), the recorded line, the line that may stand here instead, and why.</summary>
    public static readonly IReadOnlyList<(string File, Regex Recorded, Regex Here, string Reason)> All =
    [
        (
            "*", new(@"^mt uname: 7\.2\.13\+deb14-s390x$"), new(@"^mt uname: 7\.\d+\.\d+"),
            "the kernel is the newest of its series that the archive has, or one built from the newest source; the recording's was 7.2.13"),
    ];

    /// <summary>Why a line may differ from the recorded one; null where it may not.</summary>
    public static string? ReasonFor(string file, string recorded, string here)
    {
        foreach (var difference in All)
        {
            if ((difference.File == "*" || difference.File == file) && difference.Recorded.IsMatch(recorded) && difference.Here.IsMatch(here))
                return difference.Reason;
        }

        return null;
    }
}
