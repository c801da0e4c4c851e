using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>
/// The one exception that the driver throws when the controller says no, says nothing, or says nonsense. What fails below the driver (a
/// mapping, an interrupt, opening the device) is a <see cref="VfioException"/>.
/// </summary>
public class NvmeException : Exception
{
    /// <summary>Creates an exception.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="message">One sentence that says what failed and, where it is known, what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    public NvmeException(NvmeFailure reason, string message, Exception? innerException = null)
        : base(message, innerException) => Reason = reason;

    /// <summary>Creates an exception for a command that the controller completed with an error.</summary>
    /// <param name="message">One sentence that says what failed.</param>
    /// <param name="status">What the controller answered.</param>
    public NvmeException(string message, NvmeStatus status)
        : base(message)
    {
        Reason = NvmeFailure.CommandFailed;
        Status = status;
    }

    /// <summary>Why it was thrown.</summary>
    public NvmeFailure Reason { get; }

    /// <summary>What the controller answered, where it is <see cref="NvmeFailure.CommandFailed"/>; otherwise null.</summary>
    public NvmeStatus? Status { get; }
}
