namespace VfioSharp;

/// <summary>
/// The one exception that the library throws when the kernel, the device or the backend says no. Its message is one sentence on what
/// failed and, where the library knows one, a second on what to do about it.
/// </summary>
public class VfioException : Exception
{
    /// <summary>Creates an exception that says what failed, with which error, and what to do.</summary>
    /// <param name="operation">What was attempted, as a phrase: "open the group /dev/vfio/7".</param>
    /// <param name="device">The device's address as the user wrote it, or null where no device is concerned.</param>
    /// <param name="errno">The error number, or <see cref="Errno.None"/> where the refusal did not come from a system call.</param>
    /// <param name="advice">What a person can do about it, as a sentence, or null.</param>
    /// <param name="innerException">The cause, or null.</param>
    public VfioException(string operation, string? device, Errno errno, string? advice = null, Exception? innerException = null)
        : base(Compose(operation, device, errno, advice), innerException)
    {
        Operation = operation;
        Device = device;
        Errno = errno;
        Advice = advice;
    }

    /// <summary>What was attempted.</summary>
    public string Operation { get; }

    /// <summary>The address of the device, or null where no device is concerned.</summary>
    public string? Device { get; }

    /// <summary>The error number that the kernel or the peer answered; <see cref="Errno.None"/> where there was none.</summary>
    public Errno Errno { get; }

    /// <summary>What to do about it, or null where the library knows nothing better than the error itself.</summary>
    public string? Advice { get; }

    private static string Compose(string operation, string? device, Errno errno, string? advice)
    {
        var subject = device is null ? string.Empty : $"{device}: ";
        var cause = errno == Errno.None ? string.Empty : $" ({Name(errno)})";
        var sentence = $"{subject}cannot {operation}{cause}";
        return advice is null ? sentence + "." : $"{sentence}: {advice}";
    }

    private static string Name(Errno errno) => Enum.IsDefined(errno) ? errno.ToString() : $"errno {(int)errno}";
}
