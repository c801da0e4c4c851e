using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>What a descriptor of a client is open on, as far as it matters for what is done with it. Immutable.</summary>
/// <param name="IsRegular">Whether it is a regular file, as shared memory is, and nothing that may block or act when it is read.</param>
/// <param name="PageSizeInBytes">
/// What mappings begin and end at multiples of: the host's page, or what hugetlbfs says (libvfio-user takes the block size as well).
/// </param>
internal sealed record SharedFileKind(bool IsRegular, ulong PageSizeInBytes)
{
    /// <summary>The largest page that a host has for files (hugetlbfs, 16 GiB on some).</summary>
    private const ulong LargestPage = 16ul << 30;

    /// <summary>Looks at a descriptor.</summary>
    /// <returns>What it is; null where the kernel does not say.</returns>
    public static unsafe SharedFileKind? TryGet(FileDescriptor descriptor, out Errno errno)
    {
        Libc.FileStatus status;
        errno = Libc.statx(descriptor, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0 ? Errno.None : Libc.LastErrno;
        if (errno != Errno.None)
            return null;
        ulong page = (uint)Environment.SystemPageSize;
        ulong block = status.BlockSize;
        if (block > page && block <= LargestPage && (block & (block - 1)) == 0)
            page = block;
        return new SharedFileKind((status.Mode & Libc.S_IFMT) == Libc.S_IFREG, page);
    }
}
