using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

// What is called for each message. .NET calls it without a stub in between, which takes plain numbers, so that the caller keeps the descriptor open, and an
// errno that nobody takes on the way back: a tenth of a microsecond of a call that takes two. Mono may itself call the kernel between a call and what
// comes behind it, so that there the stub takes errno.
internal static unsafe partial class Libc
{
#if NET
    private const bool TakesErrno = false;

    /// <summary>The error of the <see cref="send"/>, <see cref="sendmsg"/> or <see cref="recvmsg"/> just made.</summary>
    public static Errno ErrnoOfMessage => (Errno)Marshal.GetLastSystemError();
#else
    private const bool TakesErrno = true;

    /// <summary>The error of the <see cref="send"/>, <see cref="sendmsg"/> or <see cref="recvmsg"/> just made.</summary>
    public static Errno ErrnoOfMessage => LastErrno;
#endif

    [DllImport("libc", SetLastError = TakesErrno)]
    public static extern nint send(int socket, byte* buffer, nuint lengthInBytes, int flags);

    [DllImport("libc", SetLastError = TakesErrno)]
    public static extern nint sendmsg(int socket, MessageHeader* message, int flags);

    [DllImport("libc", SetLastError = TakesErrno)]
    public static extern nint recvmsg(int socket, MessageHeader* message, int flags);
}
