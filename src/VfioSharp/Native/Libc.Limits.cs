using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    public const int RLIMIT_MEMLOCK = 8;

    /// <summary>"No limit", in both fields of a <see cref="ResourceLimit"/>.</summary>
    public const ulong RLIM_INFINITY = ulong.MaxValue;

    [DllImport("libc", SetLastError = true)]
    public static extern int getrlimit(int resource, ResourceLimit* limit);

    /// <summary>struct rlimit of 64-bit hosts.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
