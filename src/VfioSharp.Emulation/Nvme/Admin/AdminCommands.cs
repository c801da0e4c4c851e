using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme.Admin;

/// <summary>The commands of the admin queue (NVMe Base 2.0, 5).</summary>
internal sealed partial class AdminCommands(ControllerParts parts, ActiveController controller)
{
    // The largest page that a command returns here: Identify's.
    private const int LongestPageInBytes = 4096;

    private const uint EveryNamespace = uint.MaxValue;

    private readonly byte[] _page = new byte[LongestPageInBytes];

    /// <summary>Whether writes may be acknowledged before they are where a power cut leaves them.</summary>
    public bool IsWriteCacheEnabled => _features.IsWriteCacheEnabled;

    /// <summary>Whether the temperature is beyond a threshold that the driver set.</summary>
    public bool IsTemperatureCritical => _features.IsTemperatureCritical;

    /// <summary>Executes a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="host">The driver's memory.</param>
    /// <param name="result">DW0 of its completion.</param>
    /// <param name="status">How it ended.</param>
    /// <returns>False where it goes on, and its completion comes later.</returns>
    public bool TryExecute(in SubmissionEntry command, FunctionHost host, out uint result, out NvmeStatus status)
    {
        result = 0;
        // NVMe over PCIe 1.0, 3.3: commands of the admin queue use PRPs; nothing is fused.
        if (command.Fuse != 0 || command.DataPointer != DataPointerKind.Prp)
        {
            status = NvmeStatus.Final(StatusCode.InvalidField);
            return true;
        }

        switch ((AdminOpcode)command.Opcode)
        {
            case AdminOpcode.AsyncEventRequest:
                status = NvmeStatus.Final(StatusCode.AsyncEventRequestLimitExceeded);
                return !controller.TryRequestEvent(command.CommandId);
            case AdminOpcode.DeleteIoSubmissionQueue:
                status = DeleteSubmissionQueue(in command);
                break;
            case AdminOpcode.CreateIoSubmissionQueue:
                status = CreateSubmissionQueue(in command, host);
                break;
            case AdminOpcode.DeleteIoCompletionQueue:
                status = DeleteCompletionQueue(in command);
                break;
            case AdminOpcode.CreateIoCompletionQueue:
                status = CreateCompletionQueue(in command, host);
                break;
            case AdminOpcode.Identify:
                status = Identify(in command, host);
                break;
            case AdminOpcode.Abort:
                status = Abort(in command, out result);
                break;
            case AdminOpcode.SetFeatures:
                status = SetFeatures(in command, host, out result);
                break;
            case AdminOpcode.GetFeatures:
                status = GetFeatures(in command, host, out result);
                break;
            case AdminOpcode.GetLogPage:
                status = GetLogPage(in command, host);
                break;
            case AdminOpcode.FirmwareCommit:
                status = CommitFirmware(in command);
                break;
            case AdminOpcode.FirmwareDownload:
                status = DownloadFirmware(in command, host);
                break;
            case AdminOpcode.KeepAlive:
                controller.HearKeepAlive();
                status = NvmeStatus.Success;
                break;
            case AdminOpcode.FormatNvm:
                status = Format(in command);
                break;
            case AdminOpcode.DoorbellBufferConfig when controller.HasShadowDoorbells:
                status = controller.UseShadowDoorbells(command.Prp1, command.Prp2, host);
                break;
            default:
                status = NvmeStatus.Final(StatusCode.InvalidOpcode);
                break;
        }

        return true;
    }

    // 5.1: commands are executed when they are fetched, so that none but requests for events are left to abort.
    private NvmeStatus Abort(in SubmissionEntry command, out uint result)
    {
        const uint notAborted = 1;
        var queue = (ushort)(command.Dword10 & 0xffff);
        result = notAborted;
        if (controller.FindSubmission(queue) is null)
            return NvmeStatus.Final(StatusCode.InvalidField);
        if (queue == 0 && controller.TryAbortEventRequest((ushort)(command.Dword10 >> 16)))
            result = 0;
        return NvmeStatus.Success;
    }
}
