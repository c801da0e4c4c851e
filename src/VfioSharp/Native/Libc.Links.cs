using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    public const int O_WRONLY = 1;

    [DllImport("libc", SetLastError = true)]
    public static extern nint readlink([MarshalAs(UnmanagedType.LPUTF8Str)] string path, byte* buffer, nuint length);

    [DllImport("libc", SetLastError = true)]
    public static extern int unlink([MarshalAs(UnmanagedType.LPUTF8Str)] string path);
}
