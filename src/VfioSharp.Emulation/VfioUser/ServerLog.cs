using Microsoft.Extensions.Logging;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>What a server reports to its logger.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "Listening at {Path}")]
    public static partial void Listening(ILogger logger, string path);

    [LoggerMessage(2, LogLevel.Information, "A client connected")]
    public static partial void ClientConnected(ILogger logger);

    [LoggerMessage(3, LogLevel.Information, "The client is gone after {Messages} messages")]
    public static partial void ClientGone(ILogger logger, long messages);

    [LoggerMessage(4, LogLevel.Debug, "Refused {Command} (message {MessageId}) with {Errno}")]
    public static partial void Refused(ILogger logger, VfioUserCommand command, ushort messageId, Errno errno);

    [LoggerMessage(5, LogLevel.Warning, "Ended the connection: a message of {Length} bytes is longer than the limit")]
    public static partial void MessageTooLong(ILogger logger, uint length);

    [LoggerMessage(6, LogLevel.Warning, "Ended the connection: a reply could not be sent ({Errno})")]
    public static partial void CannotSend(ILogger logger, Errno errno);

    [LoggerMessage(7, LogLevel.Warning, "Ended the connection: the socket failed ({Errno})")]
    public static partial void CannotReceive(ILogger logger, Errno errno);

    [LoggerMessage(8, LogLevel.Warning, "The client did not answer {Command} of {Count} bytes at 0x{Address:x} as it must: {Reason}")]
    public static partial void BadDmaReply(ILogger logger, VfioUserCommand command, ulong count, ulong address, string reason);

    [LoggerMessage(9, LogLevel.Warning, "Cannot accept a client; trying again")]
    public static partial void CannotAccept(ILogger logger, Exception exception);

    [LoggerMessage(10, LogLevel.Error, "An exception in {Place}")]
    public static partial void FunctionFault(ILogger logger, Exception exception, string place);

    [LoggerMessage(11, LogLevel.Warning, "No second socket could be made for a client that asked for one")]
    public static partial void NoTwinSocket(ILogger logger, Exception exception);
}
