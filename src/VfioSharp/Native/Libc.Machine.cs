using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    [DllImport("libc", SetLastError = true)]
    public static extern int uname(SystemName* name);

    /// <summary>struct utsname of Linux (include/uapi/linux/utsname.h, struct new_utsname, and glibc's bits/utsname.h): strings that end with 0.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SystemName
    {
        private const int Length = 65;

        public fixed byte System[Length];
        public fixed byte Node[Length];
        public fixed byte Release[Length];
        public fixed byte Version[Length];
        public fixed byte Machine[Length];
        public fixed byte Domain[Length];
    }
}
