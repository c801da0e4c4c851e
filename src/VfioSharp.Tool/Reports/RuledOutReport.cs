namespace VfioSharp.Tool.Reports;

/// <summary>A path that is not possible, and why.</summary>
internal sealed record RuledOutReport(string Path, string Reason);
