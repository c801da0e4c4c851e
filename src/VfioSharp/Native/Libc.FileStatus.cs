using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    public const int AT_EMPTY_PATH = 0x1000;
    public const uint STATX_BASIC_STATS = 0x7ff;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;

    /// <summary>The type in a file's mode.</summary>
    public const int S_IFMT = 0xf000;
    public const int S_IFREG = 0x8000;

    /// <summary>statx(2), whose structure is the same on every machine, as that of fstat is not.</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern int statx(FileDescriptor descriptor, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, FileStatus* status);

    /// <summary>Reads memory of a process, and says EFAULT where a load would raise a signal.</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern nint process_vm_readv(int process, IoVector* local, nuint localCount, IoVector* remote, nuint remoteCount, nuint flags);

    /// <summary>Writes memory of a process, and says EFAULT where a store would raise a signal.</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern nint process_vm_writev(int process, IoVector* local, nuint localCount, IoVector* remote, nuint remoteCount, nuint flags);

    /// <summary>struct statx (include/uapi/linux/stat.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FileStatus
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint LinkCount;
        public uint User;
        public uint Group;
        public ushort Mode;
        private ushort _spare;
        public ulong Inode;
        public ulong Size;
        /// <summary>In units of 512 bytes.</summary>
        public ulong BlockCount;
        private fixed ulong _attributesAndTimes[9];
        public uint SpecialMajor;
        public uint SpecialMinor;
        public uint DeviceMajor;
        public uint DeviceMinor;
        private fixed ulong _rest[14];
    }
}
