using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

/// <summary>
/// The functions of libc that the library calls, by their own names, a file per subject. Arguments are blittable, so that the same
/// declarations serve every runtime; errno is read with <see cref="LastErrno"/> before anything else runs.
/// </summary>
internal static unsafe partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_RDWR = 2;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;

    public const int EINTR = 4;

    /// <summary>The error of the call just made.</summary>
    public static Errno LastErrno => (Errno)Marshal.GetLastWin32Error();

    [DllImport("libc", SetLastError = true)]
    public static extern FileDescriptor open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc")]
    public static extern int close(int descriptor);

    [DllImport("libc", SetLastError = true)]
    public static extern int ioctl(FileDescriptor descriptor, nuint request, void* argument);

    [DllImport("libc", SetLastError = true)]
    public static extern int ioctl(FileDescriptor descriptor, nuint request, nint argument);

    [DllImport("libc", SetLastError = true)]
    public static extern nint pread(FileDescriptor descriptor, byte* buffer, nuint count, long offset);

    [DllImport("libc", SetLastError = true)]
    public static extern nint pwrite(FileDescriptor descriptor, byte* buffer, nuint count, long offset);

    [DllImport("libc", SetLastError = true)]
    public static extern nint read(FileDescriptor descriptor, void* buffer, nuint count);

    [DllImport("libc", SetLastError = true)]
    public static extern nint write(FileDescriptor descriptor, void* buffer, nuint count);

    [DllImport("libc", SetLastError = true)]
    public static extern int ftruncate(FileDescriptor descriptor, long length);
}
