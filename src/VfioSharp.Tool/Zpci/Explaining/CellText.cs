using System.Globalization;
using VfioSharp.Tool.Scripts;

namespace VfioSharp.Tool.Zpci.Explaining;

/// <summary>What a step came to, in the few words that a cell has room for.</summary>
internal static class CellText
{
    private const string Ok = "ok";

    /// <summary>The answer to the question.</summary>
    public static string Of(StepResult result) => result switch
    {
        { Brief: { } brief } => brief,
        { Signal: { } signal, SignalCode: { } code } => $"{signal} ({CodeName(signal, code)})",
        { Signal: { } signal } => signal,
        { ConditionCode: > 0 and var code, Status: > 0 and var status } => string.Create(CultureInfo.InvariantCulture, $"cc {code}, status {status}"),
        { ConditionCode: > 0 and var code } => string.Create(CultureInfo.InvariantCulture, $"cc {code}"),
        { Errno: { } errno } => errno,
        { Path: { } path } => path,
        // The MMIO system calls pass a condition code on.
        { IsDone: false, Return: { } code } => string.Create(CultureInfo.InvariantCulture, $"returns {code}"),
        { IsDone: true } when IsAllOnes(result) => "all ones, no error",
        { IsDone: true } => Ok,
        _ => result.Text,
    };

    /// <summary>What is said where a step before the question failed.</summary>
    public static string Prevented(ScriptStep step, StepResult result) => (result.Errno, step.Verb) switch
    {
        ("ENODEV", _) => "no function",
        ("ENOENT", _) => "no such file",
        ({ } errno, "mmap") => $"no mapping ({errno})",
        _ => $"{step.Verb}: {Of(result)}",
    };

    /// <summary>The answer with what the kernel wrote to its log meanwhile: of its first message the part up to the failure is enough.</summary>
    public static string WithLog(string result, IEnumerable<string> messages)
    {
        if (messages.FirstOrDefault() is not { } message)
            return result;
        var end = message.IndexOf(" failed", StringComparison.Ordinal);
        return $"{result}; log: {(end < 0 ? message : message[..(end + " failed".Length)])}";
    }

    private static bool IsAllOnes(StepResult result) =>
        result.Data is { } data && data.All(digit => digit == 'f') || result is { Data: null, ConditionCode: 0, Value: ulong.MaxValue };

    // include/uapi/asm-generic/siginfo.h
    private static string CodeName(string signal, int code) => (signal, code) switch
    {
        ("SIGILL", 1) => "ILL_ILLOPC",
        ("SIGILL", 2) => "ILL_ILLOPN",
        ("SIGILL", 3) => "ILL_ILLADR",
        ("SIGILL", 5) => "ILL_PRVOPC",
        ("SIGSEGV", 1) => "SEGV_MAPERR",
        ("SIGSEGV", 2) => "SEGV_ACCERR",
        ("SIGBUS", 2) => "BUS_ADRERR",
        _ => code.ToString(CultureInfo.InvariantCulture),
    };
}
