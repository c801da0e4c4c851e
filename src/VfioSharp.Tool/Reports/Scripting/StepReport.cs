using VfioSharp.Tool.Scripts;

namespace VfioSharp.Tool.Reports.Scripting;

/// <summary>A step of a script and what it came to, for JSON. What does not apply is null.</summary>
internal sealed record StepReport(
    int Line,
    string Step,
    string Result,
    bool Done,
    long? Return,
    string? Errno,
    string? Data,
    ulong? Value,
    int? ConditionCode,
    int? Status,
    string? Signal,
    int? SignalCode,
    string? SignalAddress,
    string? Path,
    IReadOnlyList<string> Lines)
{
    public static StepReport Of(ScriptStep step, StepResult result) => new(
        step.Line,
        step.Text,
        result.Text,
        result.IsDone,
        result.Return,
        result.Errno,
        result.Data,
        result.Value,
        result.ConditionCode,
        result.Status,
        result.Signal,
        result.SignalCode,
        result.SignalAddress,
        result.Path,
        result.Lines);
}
