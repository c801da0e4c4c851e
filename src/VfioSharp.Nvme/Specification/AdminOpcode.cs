namespace VfioSharp.Nvme.Specification;

/// <summary>The commands of the admin queue (NVMe Base 2.0, 5, figure 138).</summary>
public enum AdminOpcode : byte
{
    /// <summary>Delete I/O Submission Queue.</summary>
    DeleteIoSubmissionQueue = 0x00,

    /// <summary>Create I/O Submission Queue.</summary>
    CreateIoSubmissionQueue = 0x01,

    /// <summary>Get Log Page.</summary>
    GetLogPage = 0x02,

    /// <summary>Delete I/O Completion Queue.</summary>
    DeleteIoCompletionQueue = 0x04,

    /// <summary>Create I/O Completion Queue.</summary>
    CreateIoCompletionQueue = 0x05,

    /// <summary>Identify.</summary>
    Identify = 0x06,

    /// <summary>Abort.</summary>
    Abort = 0x08,

    /// <summary>Set Features.</summary>
    SetFeatures = 0x09,

    /// <summary>Get Features.</summary>
    GetFeatures = 0x0a,

    /// <summary>Asynchronous Event Request.</summary>
    AsyncEventRequest = 0x0c,

    /// <summary>Namespace Management.</summary>
    NamespaceManagement = 0x0d,

    /// <summary>Firmware Commit.</summary>
    FirmwareCommit = 0x10,

    /// <summary>Firmware Image Download.</summary>
    FirmwareDownload = 0x11,

    /// <summary>Device Self-test.</summary>
    DeviceSelfTest = 0x14,

    /// <summary>Namespace Attachment.</summary>
    NamespaceAttachment = 0x15,

    /// <summary>Keep Alive.</summary>
    KeepAlive = 0x18,

    /// <summary>Directive Send.</summary>
    DirectiveSend = 0x19,

    /// <summary>Directive Receive.</summary>
    DirectiveReceive = 0x1a,

    /// <summary>Virtualization Management.</summary>
    VirtualizationManagement = 0x1c,

    /// <summary>NVMe-MI Send.</summary>
    NvmeMiSend = 0x1d,

    /// <summary>NVMe-MI Receive.</summary>
    NvmeMiReceive = 0x1e,

    /// <summary>Doorbell Buffer Config.</summary>
    DoorbellBufferConfig = 0x7c,

    /// <summary>Format NVM.</summary>
    FormatNvm = 0x80,

    /// <summary>Security Send.</summary>
    SecuritySend = 0x81,

    /// <summary>Security Receive.</summary>
    SecurityReceive = 0x82,

    /// <summary>Sanitize.</summary>
    Sanitize = 0x84,
}
