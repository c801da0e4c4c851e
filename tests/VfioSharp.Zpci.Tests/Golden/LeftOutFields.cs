using System.Text.RegularExpressions;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>
/// Fields within lines that are compared otherwise: parts that only the recording program's own process or its machine can have. Everything
/// else in the line counts.
/// </summary>
internal static class LeftOutFields
{
    /// <summary>The fields, each with the reason.</summary>
    public static readonly IReadOnlyList<(Regex Field, string Reason)> All =
    [
        (new(@"\(delta 0x[0-9a-f]+\)"), "how far the signal's address lies from a page of the recording program"),
        (new(@" platform=\w+"), "AT_PLATFORM, the model of the machine's processor, which decides nothing here"),
        (new(@" pagesize=\d+"), "a constant of the architecture"),
        (new(@" cap_offset=\d+"), "where in the ioctl's structure its capabilities lie; the model answers what they hold"),
        (new(@"(?<=iommu_info: ret=0) flags=0x3"), "which parts of the ioctl's structure are filled in"),
        (new(@"^\[ *\d+\.\d+\] "), "the time of a message"),
    ];

    /// <summary>The line without these fields.</summary>
    public static string Strip(string line) => All.Aggregate(line, (text, field) => field.Field.Replace(text, string.Empty));
}
