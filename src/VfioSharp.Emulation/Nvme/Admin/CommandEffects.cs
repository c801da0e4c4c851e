using System.Runtime.InteropServices;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

/// <summary>Commands Supported and Effects (NVMe Base 2.0, 5.16.1.6): what a host has to reckon with before it passes a command on.</summary>
internal static class CommandEffects
{
    private const uint Supported = 1 << 0;
    private const uint ChangesContent = 1 << 1;
    private const uint ChangesNamespace = 1 << 2;

    // CSE: no other command to the same namespace meanwhile.
    private const uint NeedsNamespace = 1 << 16;

    private const int IoCommandsOffset = 256;

    private static readonly AdminOpcode[] AdminCommands =
    [
        AdminOpcode.DeleteIoSubmissionQueue, AdminOpcode.CreateIoSubmissionQueue, AdminOpcode.GetLogPage, AdminOpcode.DeleteIoCompletionQueue,
        AdminOpcode.CreateIoCompletionQueue, AdminOpcode.Identify, AdminOpcode.Abort, AdminOpcode.SetFeatures, AdminOpcode.GetFeatures,
        AdminOpcode.AsyncEventRequest, AdminOpcode.FirmwareCommit, AdminOpcode.FirmwareDownload, AdminOpcode.KeepAlive,
    ];

    private static readonly IoOpcode[] ReadingCommands = [IoOpcode.Read, IoOpcode.Compare, IoOpcode.Verify];

    private static readonly IoOpcode[] WritingCommands = [IoOpcode.Write, IoOpcode.WriteZeroes, IoOpcode.DatasetManagement, IoOpcode.Flush];

    /// <summary>Writes the page.</summary>
    /// <param name="page">4096 zeroes.</param>
    /// <param name="withShadowDoorbells">Whether there is Doorbell Buffer Config.</param>
    public static void Describe(Span<byte> page, bool withShadowDoorbells)
    {
        var effects = MemoryMarshal.Cast<byte, Le32>(page);
        foreach (var opcode in AdminCommands)
            effects[(int)opcode] = Supported;
        if (withShadowDoorbells)
            effects[(int)AdminOpcode.DoorbellBufferConfig] = Supported;
        effects[(int)AdminOpcode.FormatNvm] = Supported | ChangesContent | ChangesNamespace | NeedsNamespace;
        foreach (var opcode in ReadingCommands)
            effects[IoCommandsOffset + (int)opcode] = Supported;
        foreach (var opcode in WritingCommands)
            effects[IoCommandsOffset + (int)opcode] = Supported | ChangesContent;
    }
}
