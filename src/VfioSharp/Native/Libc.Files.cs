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
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;

    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;

    /// <summary>include/uapi/linux/magic.h: files in memory, memfds among them.</summary>
    public const uint TMPFS_MAGIC = 0x01021994;
    public const int FileSystemLengthInBytes = 256;

    public const int LOCK_SH = 1;
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;

    public const int EINTR = 4;

    /// <summary>The error of the call just made.</summary>
    public static Errno LastErrno => (Errno)Marshal.GetLastWin32Error();

    [DllImport("libc", SetLastError = true)]
    public static extern FileDescriptor open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    /// <summary>open(2) of a file that may have to be made. In C it is variadic; the third argument is passed as others are.</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern FileDescriptor open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, int mode);

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
    public static extern long lseek(FileDescriptor descriptor, long offset, int whence);

    /// <summary>What a file lies on. The structure is <see cref="FileSystemLengthInBytes"/> long at most, and begins with a number that names the kind.</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern int fstatfs(FileDescriptor descriptor, byte* fileSystem);

    [DllImport("libc", SetLastError = true)]
    public static extern int fsync(FileDescriptor descriptor);

    [DllImport("libc", SetLastError = true)]
    public static extern int fdatasync(FileDescriptor descriptor);

    /// <summary>Locks an open file against others that lock theirs; gone with its last descriptor.</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern int flock(FileDescriptor descriptor, int operation);

    [DllImport("libc", SetLastError = true)]
    public static extern int ftruncate(FileDescriptor descriptor, long length);
}
