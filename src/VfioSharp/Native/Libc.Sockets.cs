using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    public const int AF_UNIX = 1;
    public const int SOCK_STREAM = 1;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = O_CLOEXEC;

    public const int SOL_SOCKET = 1;
    public const int SO_TYPE = 3;
    public const int SO_RCVTIMEO = 20;
    public const int SO_SNDTIMEO = 21;
    public const int SO_DOMAIN = 39;
    public const int SCM_RIGHTS = 1;

    public const int MSG_PEEK = 2;
    public const int MSG_CTRUNC = 8;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_CMSG_CLOEXEC = 0x4000_0000;

    public const int SHUT_RDWR = 2;

    [DllImport("libc", SetLastError = true)]
    public static extern FileDescriptor socket(int domain, int type, int protocol);

    [DllImport("libc", SetLastError = true)]
    public static extern int socketpair(int domain, int type, int protocol, int* pair);

    [DllImport("libc", SetLastError = true)]
    public static extern int bind(FileDescriptor socket, void* address, uint lengthInBytes);

    [DllImport("libc", SetLastError = true)]
    public static extern int listen(FileDescriptor socket, int backlog);

    [DllImport("libc", SetLastError = true)]
    public static extern FileDescriptor accept4(FileDescriptor socket, void* address, uint* lengthInBytes, int flags);

    [DllImport("libc", SetLastError = true)]
    public static extern int connect(FileDescriptor socket, void* address, uint lengthInBytes);

    [DllImport("libc", SetLastError = true)]
    public static extern int shutdown(FileDescriptor socket, int how);

    [DllImport("libc", SetLastError = true)]
    public static extern int getsockopt(FileDescriptor socket, int level, int name, void* value, uint* lengthInBytes);

    [DllImport("libc", SetLastError = true)]
    public static extern int setsockopt(FileDescriptor socket, int level, int name, void* value, uint lengthInBytes);

    /// <summary>struct msghdr of 64-bit Linux, where lengths have the width of an address.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MessageHeader
    {
        public void* Name;
        public nuint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public void* Start;
        public nuint Length;
    }

    /// <summary>struct cmsghdr of 64-bit Linux; the data follow it, and the next one begins at a multiple of 8.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ControlHeader
    {
        public const int SizeInBytes = 16;

        public nuint Length;
        public int Level;
        public int Type;
    }

    /// <summary>struct timeval.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimeValue
    {
        public nint Seconds;
        public nint Microseconds;
    }

    /// <summary>struct sockaddr_un.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct UnixAddress
    {
        /// <summary>Bytes of the path, its NUL included.</summary>
        public const int PathCapacity = 108;

        public ushort Family;
        public fixed byte Path[PathCapacity];
    }
}
