using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    public const int PROT_NONE = 0;
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int PROT_EXEC = 4;

    public const int MAP_SHARED = 0x01;
    public const int MAP_PRIVATE = 0x02;
    public const int MAP_FIXED = 0x10;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_NORESERVE = 0x4000;
    public const int MAP_HUGETLB = 0x40000;
    public const int MAP_HUGE_SHIFT = 26;

    public const uint MFD_CLOEXEC = 1;
    public const uint MFD_ALLOW_SEALING = 2;
    public const uint MFD_HUGETLB = 4;

    public const int MADV_DONTFORK = 10;
    public const int MADV_DONTDUMP = 16;

    public const int FALLOC_FL_KEEP_SIZE = 1;
    public const int FALLOC_FL_PUNCH_HOLE = 2;
    public const int FALLOC_FL_ZERO_RANGE = 0x10;

    public const int F_DUPFD_CLOEXEC = 1030;
    public const int F_ADD_SEALS = 1033;
    public const int F_SEAL_SEAL = 1;
    public const int F_SEAL_SHRINK = 2;
    public const int F_SEAL_GROW = 4;

    /// <summary>What mmap returns on failure.</summary>
    public static readonly void* MapFailed = (void*)-1;

    [DllImport("libc", SetLastError = true)]
    public static extern void* mmap(void* address, nuint length, int protection, int flags, FileDescriptor descriptor, long offset);

    /// <summary>mmap without a file: the descriptor is -1.</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern void* mmap(void* address, nuint length, int protection, int flags, int descriptor, long offset);

    [DllImport("libc", SetLastError = true)]
    public static extern int munmap(void* address, nuint length);

    [DllImport("libc", SetLastError = true)]
    public static extern int mprotect(void* address, nuint length, int protection);

    [DllImport("libc", SetLastError = true)]
    public static extern int madvise(void* address, nuint length, int advice);

    [DllImport("libc", SetLastError = true)]
    public static extern int fcntl(FileDescriptor descriptor, int command, nint argument);

    /// <summary>For a caller that already holds a reference to the descriptor's owner; otherwise the number may be somebody else's by now.</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern int fcntl(int heldDescriptor, int command, nint argument);

    [DllImport("libc", SetLastError = true)]
    public static extern FileDescriptor memfd_create([MarshalAs(UnmanagedType.LPUTF8Str)] string name, uint flags);

    /// <summary>Gives a part of a file its blocks (mode 0), so that no store to it can fail for lack of them; or takes them, or makes zeroes of them.</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern int fallocate(FileDescriptor descriptor, int mode, long offset, long length);
}
