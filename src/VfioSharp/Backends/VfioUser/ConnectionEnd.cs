namespace VfioSharp.Backends.VfioUser;

/// <summary>Why a connection has ended; said once and kept. Immutable.</summary>
/// <param name="Failure">The kind.</param>
/// <param name="Errno">The error number that every later access answers.</param>
/// <param name="Explanation">What happened, as a sentence without a capital letter at its beginning.</param>
internal sealed record ConnectionEnd(VfioUserFailure Failure, Errno Errno, string Explanation)
{
    public static readonly ConnectionEnd ByServer = new(
        VfioUserFailure.ServerClosed, Errno.ECONNRESET, "the server ended the connection, or ended itself. Open the device again once it is there.");

    public static readonly ConnectionEnd ByThisProcess = new(VfioUserFailure.Closed, Errno.ENOTCONN, "the device is closed.");

    public static ConnectionEnd TimedOut(string what) => new(
        VfioUserFailure.TimedOut, Errno.ETIMEDOUT,
        $"the server {what}; the connection has been given up, because a late answer could be taken for another's.");

    public static ConnectionEnd Violation(string what) => new(
        VfioUserFailure.ProtocolError, Errno.EPROTO, $"the server broke the protocol: {what}. The connection has been given up.");

    /// <summary>The exception for an operation that the end prevented.</summary>
    public VfioUserException For(string operation, string? device) => new(Failure, operation, device, Errno, Explanation);
}
