using System.Globalization;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>Says commands and their failures in sentences.</summary>
internal static class CommandText
{
    /// <summary>A command: "Read of 8 blocks at LBA 512 of namespace 1".</summary>
    public static string Of(in SubmissionEntry entry, NvmeQueuePair pair)
    {
        if (pair.Id == 0)
            return $"The admin command {Name((AdminOpcode)entry.Opcode)}";
        var opcode = (IoOpcode)entry.Opcode;
        var what = opcode is IoOpcode.Read or IoOpcode.Write or IoOpcode.Compare or IoOpcode.WriteZeroes or IoOpcode.Verify
            ? string.Create(CultureInfo.InvariantCulture, $" of {(entry.Dword12.Value & 0xffff) + 1} blocks at LBA {entry.StartLba.Value}")
            : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"{Name(opcode)}{what} of namespace {entry.NamespaceId.Value}");
    }

    /// <summary>What is thrown for a command that the controller completed with an error.</summary>
    public static NvmeException Failed(in SubmissionEntry entry, NvmeQueuePair pair, NvmeStatus status) =>
        new($"{pair.Owner.Address}: {Of(entry, pair)} failed: {status}.", status);

    /// <summary>What is thrown for a command that was aborted because its time was over.</summary>
    public static NvmeException TimedOut(in SubmissionEntry entry, NvmeQueuePair pair, long timeoutInMilliseconds) =>
        new(NvmeFailure.TimedOut, $"{pair.Owner.Address}: {Of(entry, pair)} was not completed within {Seconds(timeoutInMilliseconds)}, and was aborted.{Strays(pair)}");

    /// <summary>Why a controller is reset that does not give a command back.</summary>
    public static NvmeException Stuck(in SubmissionEntry entry, NvmeQueuePair pair, long timeoutInMilliseconds) =>
        new(
            NvmeFailure.TimedOut,
            $"{pair.Owner.Address}: {Of(entry, pair)} was not completed within {Seconds(timeoutInMilliseconds)}, and Abort did not end it.{Strays(pair)}");

    // What a controller completed that was never sent is the likely reason for what it never completes.
    private static string Strays(NvmeQueuePair pair) => pair.StrayCompletions == 0
        ? string.Empty
        : string.Create(CultureInfo.InvariantCulture, $" The controller sent {pair.StrayCompletions} completions that belong to no command.");

    private static string Seconds(long milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000.0:0.###} s");

    private static string Name<T>(T opcode)
        where T : struct, Enum => Enum.IsDefined(opcode) ? opcode.ToString() : string.Create(CultureInfo.InvariantCulture, $"0x{opcode:x}");
}
