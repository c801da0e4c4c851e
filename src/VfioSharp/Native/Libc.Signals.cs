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

    private const int S390xRtSigaction = 174;
    private const int KernelSignalSetLength = 8;

    /// <summary>
    /// sigaction(2). On IBM Z it is the system call itself, since libraries of C differ there in their structures and the kernel's is one
    /// (arch/s390/include/uapi/asm/signal.h); what others set with their library is the same to the kernel.
    /// </summary>
    public static int SetSignalAction(int signal, SignalAction* action, SignalAction* previous) => HostMachine.Kind == MachineKind.S390x
        ? (int)syscall(S390xRtSigaction, signal, action, previous, KernelSignalSetLength)
        : sigaction(signal, action, previous);

    [DllImport("libc", SetLastError = true)]
    private static extern int sigaction(int signal, SignalAction* action, SignalAction* previous);

    [DllImport("libc", SetLastError = true)]
    private static extern nint syscall(nint number, nint signal, SignalAction* action, SignalAction* previous, nuint setLength);

    /// <summary>
    /// struct sigaction: as glibc and musl have it on x86-64 and arm64 (glibc bits/sigaction.h: handler, a mask of 128 bytes, flags, restorer), and on
    /// IBM Z as the kernel has it (handler, flags, restorer, a mask of 8 bytes). What has no name here is kept as it is.
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SignalAction
    {
        private const int FlagsOfLibrary = 16;
        private const int FlagsOfKernel = 0;

        public nuint Handler;
        private fixed ulong _rest[18];

        public int Flags
        {
            readonly get => unchecked((int)_rest[FlagsIndex]);
            set => _rest[FlagsIndex] = unchecked((uint)value);
        }

        private static int FlagsIndex => HostMachine.Kind == MachineKind.S390x ? FlagsOfKernel : FlagsOfLibrary;
    }
}
