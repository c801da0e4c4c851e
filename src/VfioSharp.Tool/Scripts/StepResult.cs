using System.Globalization;
using System.Text;
using VfioSharp.Mmio;
using VfioSharp.Regions;

namespace VfioSharp.Tool.Scripts;

/// <summary>
/// What a step came to, spelled as programs that record a kernel's answers spell it: `ret=-1 errno=EINVAL data=a5a5`, `cc=0 status=0
/// value=0x10400`, `SIGBUS si_code=2 si_addr=DATA page`. What does not apply is null.
/// </summary>
/// <param name="Text">The answer in one line.</param>
internal sealed record StepResult(string Text)
{
    /// <summary>How many bytes of a buffer are shown at most.</summary>
    public const int MostBytesShown = 64;

    /// <summary>Whether what the step was to do was done: no error number, no condition code, no signal.</summary>
    public bool IsDone { get; private init; }

    /// <summary>The answer in the words of a table, where they are not those of an error number, a signal or a code.</summary>
    public string? Brief { get; private init; }

    /// <summary>A system call's result.</summary>
    public long? Return { get; private init; }

    /// <summary>The error number's name.</summary>
    public string? Errno { get; private init; }

    /// <summary>Bytes in the order of their addresses, two hexadecimal digits each.</summary>
    public string? Data { get; private init; }

    /// <summary>A register's value, or what was in a general register.</summary>
    public ulong? Value { get; private init; }

    /// <summary>An instruction's condition code.</summary>
    public int? ConditionCode { get; private init; }

    /// <summary>An instruction's status byte.</summary>
    public int? Status { get; private init; }

    /// <summary>The name of the signal that the process would have got.</summary>
    public string? Signal { get; private init; }

    /// <summary>The signal's si_code.</summary>
    public int? SignalCode { get; private init; }

    /// <summary>What the signal's si_addr points at.</summary>
    public string? SignalAddress { get; private init; }

    /// <summary>Lines that belong to the result.</summary>
    public IReadOnlyList<string> Lines { get; private init; } = [];

    /// <summary>The path that a window took.</summary>
    public string? Path { get; private init; }

    /// <summary>The number of the guess about a modelled machine that the answer rests on; null for none. No text shows it.</summary>
    public int? Guess { get; init; }

    /// <summary>The result of a system call.</summary>
    /// <param name="result">What it returned; -1 with an error number.</param>
    /// <param name="errno">The error number, or None.</param>
    /// <param name="data">The bytes of its buffer, where it has one that tells something.</param>
    /// <param name="isDone">False where a result that is no error number says that it failed all the same.</param>
    public static StepResult OfCall(long result, Errno errno, ReadOnlySpan<byte> data = default, bool isDone = true)
    {
        var bytes = data.IsEmpty ? null : Hex(data);
        var text = string.Create(CultureInfo.InvariantCulture, $"ret={result} errno={NameOf(errno)}");
        return new(bytes is null ? text : $"{text} data={bytes}")
        {
            IsDone = errno == VfioSharp.Errno.None && isDone,
            Return = result,
            Errno = NameOrNull(errno),
            Data = bytes,
        };
    }

    /// <summary>The result of a mapping.</summary>
    public static StepResult OfMapping(Errno errno) => errno == VfioSharp.Errno.None
        ? new("ok errno=-") { IsDone = true }
        : new($"FAILED errno={NameOf(errno)}") { Errno = NameOf(errno) };

    /// <summary>The result of an instruction that was executed.</summary>
    public static StepResult OfInstruction(int conditionCode, int status, ulong? value = null)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"cc={conditionCode} status={status}");
        return new(value is null ? text : string.Create(CultureInfo.InvariantCulture, $"{text} value=0x{value:x16}"))
        {
            IsDone = conditionCode == 0,
            ConditionCode = conditionCode,
            Status = status,
            Value = value,
        };
    }

    /// <summary>A signal instead of a result.</summary>
    /// <param name="signal">Its name: SIGBUS.</param>
    /// <param name="code">Its si_code.</param>
    /// <param name="address">What si_addr points at.</param>
    public static StepResult OfSignal(string signal, int code, string address) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{signal} si_code={code} si_addr={address}"))
        {
            Signal = signal,
            SignalCode = code,
            SignalAddress = address,
        };

    /// <summary>A register's value.</summary>
    public static StepResult OfRegister(ulong value, int widthInBits) =>
        new("value=0x" + value.ToString("x" + (widthInBits / 4).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)) { IsDone = true, Value = value };

    /// <summary>Bytes in the order of their addresses.</summary>
    public static StepResult OfData(ReadOnlySpan<byte> data) => new("data=" + Hex(data)) { IsDone = true, Data = Hex(data) };

    /// <summary>A number of things.</summary>
    public static StepResult OfCount(long count) => new(count.ToString(CultureInfo.InvariantCulture)) { IsDone = true, Value = (ulong)count };

    /// <summary>A window that was opened.</summary>
    public static StepResult OfWindow(string path) => new($"path={path}") { IsDone = true, Path = path };

    /// <summary>A window that could not be opened, since no path leads to the region.</summary>
    public static StepResult OfNoWindow() => new($"path={AccessPath.Unreachable}") { Path = AccessPath.Unreachable.ToString() };

    /// <summary>Done, with nothing more to say.</summary>
    public static StepResult OfSuccess(string text = "ok", string? brief = null) => new(text) { IsDone = true, Brief = brief };

    /// <summary>An answer of several lines.</summary>
    public static StepResult OfLines(string text, IReadOnlyList<string> lines) => new(text) { IsDone = true, Lines = lines };

    /// <summary>The device, the kernel or the library said no.</summary>
    public static StepResult OfRefusal(VfioException refusal) => (refusal as DeviceAccessException)?.Outcome switch
    {
        { Kind: AccessFaultKind.ConditionCode } outcome => new(string.Create(CultureInfo.InvariantCulture, $"FAILED cc={outcome.Code} status={outcome.Status}"))
        {
            ConditionCode = outcome.Code,
            Status = outcome.Status,
        },
        { Kind: AccessFaultKind.Signal } outcome => new($"FAILED signal={SignalName(outcome.Code)}") { Signal = SignalName(outcome.Code) },
        // The library itself said no; its advice names no device, so that two devices can be compared.
        _ when refusal.Errno == VfioSharp.Errno.None => Refused(refusal.Advice ?? $"cannot {refusal.Operation}."),
        _ => new($"FAILED errno={NameOf(refusal.Errno)}") { Errno = NameOrNull(refusal.Errno) },
    };

    /// <summary>The library refused what makes no sense, before it touched anything.</summary>
    public static StepResult Refused(string reason) => new($"refused: {reason}");

    /// <summary>Not played, since something that it needs is not there.</summary>
    public static StepResult Skipped(string reason) => new($"skipped: {reason}");

    private static string Hex(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder(data.Length * 2);
        foreach (var value in data)
            text.Append(value.ToString("x2", CultureInfo.InvariantCulture));
        return text.ToString();
    }

    // include/uapi/asm-generic/signal.h.
    private static string SignalName(int signal) => signal switch
    {
        4 => "SIGILL",
        7 => "SIGBUS",
        11 => "SIGSEGV",
        _ => signal.ToString(CultureInfo.InvariantCulture),
    };

    private static string NameOf(Errno errno) => NameOrNull(errno) ?? "-";

    private static string? NameOrNull(Errno errno) => errno == VfioSharp.Errno.None ? null : errno.ToString();
}
