using System.Buffers.Binary;
using System.Globalization;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Process;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>How the programs that made the recordings spell what the kernel answered.</summary>
internal static class RecorderText
{
    /// <summary>"ret=-1 errno=EINVAL data=a5a5"; without bytes nothing stands behind the error number.</summary>
    public static string Full(KernelResult result, byte[]? data = null) =>
        $"ret={result.Return.ToString(CultureInfo.InvariantCulture)} errno={NameOf(result.Errno)}{(data is null ? "" : " data=" + Convert.ToHexStringLower(data))}";

    /// <summary>"ret=-1 EINVAL".</summary>
    public static string Short(KernelResult result) => $"ret={result.Return.ToString(CultureInfo.InvariantCulture)} {NameOf(result.Errno)}";

    /// <summary>"ret=4 - data=ffffffff"; a read that failed has no bytes.</summary>
    public static string Short((KernelResult Result, byte[] Data) read) =>
        Short(read.Result) + (read.Result.IsError ? "" : " data=" + Convert.ToHexStringLower(read.Data));

    /// <summary>"ok", or why there is no mapping.</summary>
    public static string Ok(KernelResult mapping, Action<ulong> take)
    {
        if (mapping.IsError)
            return $"FAILED errno={mapping.Errno}";
        take((ulong)mapping.Value);
        return "ok";
    }

    /// <summary>"ok errno=-", or "FAILED errno=EINVAL".</summary>
    public static string Mapping(KernelResult mapping) => $"{(mapping.IsError ? "FAILED" : "ok")} errno={NameOf(mapping.Errno)}";

    /// <summary>Registers of eight bytes as the numbers that they hold.</summary>
    public static string NumbersOf(byte[] data) =>
        string.Join(' ', data.Chunk(8).Select(register => BinaryPrimitives.ReadUInt64LittleEndian(register).ToString("x16", CultureInfo.InvariantCulture)));

    /// <summary>A register of four bytes as the number that it holds.</summary>
    public static string NumberOf(byte[] data) => string.Create(CultureInfo.InvariantCulture, $"0x{BinaryPrimitives.ReadUInt32LittleEndian(data):x8}");

    /// <summary>The signal, or the condition code with the status.</summary>
    public static string Of(InstructionOutcome outcome, ulong dataPage) => outcome.Signal.IsRaised
        ? Of(outcome.Signal, dataPage)
        : string.Create(CultureInfo.InvariantCulture, $"cc={outcome.ConditionCode} status={outcome.Status}");

    /// <summary>"SIGSEGV si_code=1 si_addr=DATA page".</summary>
    public static string Of(SignalInfo signal, ulong dataPage) =>
        string.Create(CultureInfo.InvariantCulture, $"{signal.Number} si_code={signal.Code} si_addr={AddressOf(signal, dataPage)}");

    /// <summary>A name as errno(3) has it, or "-".</summary>
    public static string NameOf(Errno errno) => errno == Errno.None ? "-" : errno.ToString();

    private static string AddressOf(SignalInfo signal, ulong dataPage) => signal switch
    {
        { IsAtInstruction: true } => "INSTRUCTION",
        _ when signal.Address == dataPage => "DATA page",
        _ => "other",
    };
}
