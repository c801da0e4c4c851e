using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    public const int SIGILL = 4;
    public const int SIGBUS = 7;
    public const int SIGSEGV = 11;

    public const int SA_SIGINFO = 4;
    public const int SA_ONSTACK = 0x08000000;
    public const int SA_RESETHAND = unchecked((int)0x80000000);

    public const nuint SIG_DFL = 0;
    public const nuint SIG_IGN = 1;

    [DllImport("libc", SetLastError = true)]
    public static extern int sigaction(int signal, SignalAction* action, SignalAction* previous);

    /// <summary>
    /// struct sigaction as glibc and musl have it on x86-64 and arm64 (glibc bits/sigaction.h): a mask of 128 bytes, unlike the kernel's 8.
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SignalAction
    {
        public nuint Handler;
        public fixed ulong Mask[16];
        public int Flags;
        public nuint Restorer;
    }
}
