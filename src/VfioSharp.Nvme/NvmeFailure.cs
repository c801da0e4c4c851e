namespace VfioSharp.Nvme;

/// <summary>Why an <see cref="NvmeException"/> was thrown.</summary>
public enum NvmeFailure
{
    /// <summary>The controller completed the command with an error status; <see cref="NvmeException"/> carries it.</summary>
    CommandFailed,

    /// <summary>The controller did not complete the command in time. Its memory stays with the driver until the controller is known to have let go of it.</summary>
    TimedOut,

    /// <summary>
    /// The controller reports a fatal error (CSTS.CFS; NVMe Base 2.0, 9.5). No command reaches it until it is reset.
    /// </summary>
    ControllerFatal,

    /// <summary>The controller did not become ready, or did not stop, within the time that it states (CAP.TO), or it is shut down.</summary>
    NotReady,

    /// <summary>The controller did something that the specification forbids: an unknown command identifier, an identity that contradicts itself.</summary>
    ProtocolViolation,

    /// <summary>The device is gone: its registers read all ones, or the process that served it has ended.</summary>
    Disconnected,

    /// <summary>The controller, the namespace or this driver does not have what was asked for. Nothing was sent.</summary>
    Unsupported,

    /// <summary>A reset of the controller ended the command, or the queue pair, before it was completed. Whether the controller carried it out is not known.</summary>
    Reset,

    /// <summary>The controller grants no more queue pairs, or the queue has no room for another command.</summary>
    NoQueue,
}
