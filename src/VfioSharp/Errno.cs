namespace VfioSharp;

/// <summary>
/// The error numbers that Linux answers, by the kernel's own names (include/uapi/asm-generic/errno-base.h and errno.h; x86-64,
/// arm64 and s390x share these values). A value that has no name here still converts to and from its number.
/// </summary>
public enum Errno
{
    /// <summary>No error.</summary>
    None = 0,
    /// <summary>Operation not permitted.</summary>
    EPERM = 1,
    /// <summary>No such file or directory.</summary>
    ENOENT = 2,
    /// <summary>Interrupted by a signal.</summary>
    EINTR = 4,
    /// <summary>Input or output error.</summary>
    EIO = 5,
    /// <summary>No such device or address.</summary>
    ENXIO = 6,
    /// <summary>Longer than what is allowed.</summary>
    E2BIG = 7,
    /// <summary>Bad file descriptor.</summary>
    EBADF = 9,
    /// <summary>Try again.</summary>
    EAGAIN = 11,
    /// <summary>Out of memory, or over a limit on locked memory.</summary>
    ENOMEM = 12,
    /// <summary>Permission denied.</summary>
    EACCES = 13,
    /// <summary>Bad address.</summary>
    EFAULT = 14,
    /// <summary>Device or resource busy.</summary>
    EBUSY = 16,
    /// <summary>Already exists; for DMA: the IOVA range overlaps a mapping.</summary>
    EEXIST = 17,
    /// <summary>No such device.</summary>
    ENODEV = 19,
    /// <summary>Not a directory.</summary>
    ENOTDIR = 20,
    /// <summary>A directory.</summary>
    EISDIR = 21,
    /// <summary>Invalid argument.</summary>
    EINVAL = 22,
    /// <summary>Too many open files in the system.</summary>
    ENFILE = 23,
    /// <summary>Too many open files in this process.</summary>
    EMFILE = 24,
    /// <summary>Not a device control that this file knows.</summary>
    ENOTTY = 25,
    /// <summary>Longer than a file may be.</summary>
    EFBIG = 27,
    /// <summary>No space left; for VFIO: the answer does not fit, or no DMA mapping is left.</summary>
    ENOSPC = 28,
    /// <summary>Read-only file system.</summary>
    EROFS = 30,
    /// <summary>Nobody reads any more.</summary>
    EPIPE = 32,
    /// <summary>Result out of range.</summary>
    ERANGE = 34,
    /// <summary>The name is too long.</summary>
    ENAMETOOLONG = 36,
    /// <summary>No locks are left, or none can be had.</summary>
    ENOLCK = 37,
    /// <summary>Function not implemented.</summary>
    ENOSYS = 38,
    /// <summary>No data where some was expected; for a file: it ends before.</summary>
    ENODATA = 61,
    /// <summary>What the peer sent is against the protocol.</summary>
    EPROTO = 71,
    /// <summary>Value too large for the defined type.</summary>
    EOVERFLOW = 75,
    /// <summary>Not a socket.</summary>
    ENOTSOCK = 88,
    /// <summary>A socket of another type than asked.</summary>
    EPROTOTYPE = 91,
    /// <summary>Operation not supported.</summary>
    EOPNOTSUPP = 95,
    /// <summary>Somebody has the address.</summary>
    EADDRINUSE = 98,
    /// <summary>The peer went away before the connection was accepted.</summary>
    ECONNABORTED = 103,
    /// <summary>The peer ended the connection.</summary>
    ECONNRESET = 104,
    /// <summary>Not connected.</summary>
    ENOTCONN = 107,
    /// <summary>Too many descriptors are under way in messages that nobody has received.</summary>
    ETOOMANYREFS = 109,
    /// <summary>Timed out.</summary>
    ETIMEDOUT = 110,
    /// <summary>Nobody listens.</summary>
    ECONNREFUSED = 111,
    /// <summary>Over a quota on disk space.</summary>
    EDQUOT = 122,
}
