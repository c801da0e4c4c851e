using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>Which file a descriptor is open on, and what a mapping of it needs. A class: Mono on IBM Z takes no large structures by value.</summary>
/// <param name="Device">The file system's device.</param>
/// <param name="Inode">The file's number there.</param>
internal sealed record FileIdentity(ulong Device, ulong Inode)
{
    /// <summary>The largest page that a host has for files (hugetlbfs, 16 GiB on some).</summary>
    private const ulong LargestPage = 16ul << 30;

    /// <summary>Whether it is a regular file, as shared memory is, and nothing that may block or act when it is read.</summary>
    public bool IsRegular { get; private init; }

    /// <summary>What mappings begin and end at multiples of: the host's page, or what hugetlbfs says (libvfio-user takes the block size as well).</summary>
    public ulong PageSizeInBytes { get; private init; }

    /// <summary>Looks at a descriptor.</summary>
    public static unsafe FileIdentity? TryGet(FileDescriptor descriptor, out Errno errno)
    {
        Libc.FileStatus status;
        errno = Libc.statx(descriptor, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0 ? Errno.None : Libc.LastErrno;
        if (errno != Errno.None)
            return null;
        ulong page = (uint)Environment.SystemPageSize;
        ulong block = status.BlockSize;
        if (block > page && block <= LargestPage && (block & (block - 1)) == 0)
            page = block;
        return new FileIdentity((ulong)status.DeviceMajor << 32 | status.DeviceMinor, status.Inode)
        {
            IsRegular = (status.Mode & Libc.S_IFMT) == Libc.S_IFREG,
            PageSizeInBytes = page,
        };
    }
}
