using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

internal static unsafe partial class Libc
{
    public const int EFD_CLOEXEC = O_CLOEXEC;
    public const int EFD_NONBLOCK = 0x800;

    public const short POLLIN = 1;
    public const short POLLOUT = 4;

    public const int EPOLL_CLOEXEC = O_CLOEXEC;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    public const uint EPOLLIN = 1;
    public const uint EPOLLRDHUP = 0x2000;
    public const uint EPOLLONESHOT = 1u << 30;
    public const uint EPOLLET = 1u << 31;

    [DllImport("libc", SetLastError = true)]
    public static extern FileDescriptor eventfd(uint initialValue, int flags);

    /// <summary>For a caller that already holds a reference to the descriptor's owner; otherwise the number may be somebody else's by now.</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern nint read(int heldDescriptor, void* buffer, nuint count);

    /// <inheritdoc cref="read(int, void*, nuint)"/>
    [DllImport("libc", SetLastError = true)]
    public static extern nint write(int heldDescriptor, void* buffer, nuint count);

    [DllImport("libc", SetLastError = true)]
    public static extern int poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    [DllImport("libc", SetLastError = true)]
    public static extern FileDescriptor epoll_create1(int flags);

    /// <summary>The event is passed as bytes since its layout differs: packed to 12 bytes on x86-64, 16 elsewhere (see EpollEvent).</summary>
    [DllImport("libc", SetLastError = true)]
    public static extern int epoll_ctl(FileDescriptor epoll, int operation, FileDescriptor descriptor, void* epollEvent);

    [DllImport("libc", SetLastError = true)]
    public static extern int epoll_wait(FileDescriptor epoll, void* events, int maximumEvents, int timeoutMilliseconds);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short ReturnedEvents;
    }
}
