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

    /// <summary>Why it was thrown.</summary>
    public NvmeFailure Reason { get; }
}
