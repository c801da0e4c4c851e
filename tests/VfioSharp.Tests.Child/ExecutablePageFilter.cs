using System.Runtime.InteropServices;
using VfioSharp.Native;

namespace VfioSharp.Tests.Child;

/// <summary>
/// Makes the kernel refuse to turn a single page executable, as SELinux does without execmem: a seccomp filter (include/uapi/linux/seccomp.h,
/// linux/filter.h) that answers EACCES to mprotect(page, page size, PROT_READ | PROT_EXEC). It holds for the thread that sets it, for good.
/// </summary>
internal static unsafe class ExecutablePageFilter
{
    private const int SetNoNewPrivileges = 38;
    private const int SetSeccomp = 22;
    private const nuint FilterMode = 2;

    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;
    private const uint AnswerErrno = 0x00050000;
    private const uint Allow = 0x7fff0000;

    // struct seccomp_data: the number of the call, then the architecture and the instruction pointer, then six arguments of 8 bytes.
    private const uint CallNumber = 0;
    private const uint Length = 24;
    private const uint Protection = 32;

    public static void Install()
    {
        var mprotect = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 226u : 10u;
        var program = stackalloc Instruction[]
        {
            new(LoadWord, 0, 0, CallNumber),
            new(JumpIfEqual, 0, 5, mprotect),
            new(LoadWord, 0, 0, Protection),
            new(JumpIfEqual, 0, 3, Libc.PROT_READ | Libc.PROT_EXEC),
            new(LoadWord, 0, 0, Length),
            new(JumpIfEqual, 0, 1, (uint)Environment.SystemPageSize),
            new(Return, 0, 0, AnswerErrno | (uint)Errno.EACCES),
            new(Return, 0, 0, Allow),
        };
        var filter = new Program { Length = 8, Instructions = program };
        if (prctl(SetNoNewPrivileges, 1, 0, 0, 0) != 0 || prctl(SetSeccomp, FilterMode, (nuint)(&filter), 0, 0) != 0)
            throw new VfioException("set a seccomp filter", null, Libc.LastErrno);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Instruction(ushort code, byte ifTrue, byte ifFalse, uint operand)
    {
        public readonly ushort Code = code;
        public readonly byte IfTrue = ifTrue;
        public readonly byte IfFalse = ifFalse;
        public readonly uint Operand = operand;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        public ushort Length;
        public Instruction* Instructions;
    }
}
