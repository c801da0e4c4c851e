namespace VfioSharp.Backends.VfioUser;

/// <summary>Why there is no connection to a vfio-user server any more, or none came about.</summary>
public enum VfioUserFailure
{
    /// <summary>The server ended the connection, or ended itself (<see cref="Errno.ECONNRESET"/>).</summary>
    ServerClosed,

    /// <summary>The server did not answer in time (<see cref="Errno.ETIMEDOUT"/>, <see cref="VfioOptions.RequestTimeout"/>).</summary>
    TimedOut,

    /// <summary>What the server sent is against the protocol (<see cref="Errno.EPROTO"/>).</summary>
    ProtocolError,

    /// <summary>The server speaks no version of the protocol that this library does (<see cref="Errno.EPROTO"/>).</summary>
    Incompatible,

    /// <summary>This process closed the device (<see cref="Errno.ENOTCONN"/>).</summary>
    Closed,

    /// <summary>This process could not go on: no memory or descriptor is left, for instance. The error number says more.</summary>
    Local,
}

/// <summary>
/// The connection to the server of a function has ended, or none came about. Whatever is asked of the device after it fails at once and for
/// the same reason: open it again, once the server is there. A server that merely refuses a request is a plain <see cref="VfioException"/>.
/// </summary>
public sealed class VfioUserException : VfioException
{
    /// <summary>Creates an exception for a connection that has ended.</summary>
    /// <param name="failure">Why it has.</param>
    /// <param name="operation">What was attempted, as a phrase: "read a register".</param>
    /// <param name="device">The device's address, or null.</param>
    /// <param name="errno">The error number that stands for it.</param>
    /// <param name="advice">What happened, as a sentence.</param>
    public VfioUserException(VfioUserFailure failure, string operation, string? device, Errno errno, string advice)
        : base(operation, device, errno, advice) => Failure = failure;

    /// <summary>Why the connection has ended.</summary>
    public VfioUserFailure Failure { get; }
}
