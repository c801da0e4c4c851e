using System.Runtime.InteropServices;
using VfioSharp.Native;

namespace VfioSharp.Dma;

/// <summary>
/// Owns the pages of a buffer and the memfd behind them. The buffer holds one reference and each mapping another, so that the pages go
/// back only when neither the program nor a device can reach them.
/// </summary>
internal sealed unsafe class DmaPages : SafeHandle
{
    private readonly nuint _lengthInBytes;

    private DmaPages(void* address, nuint lengthInBytes, FileDescriptor? file)
        : base((nint)0, ownsHandle: true)
    {
        SetHandle((nint)address);
        _lengthInBytes = lengthInBytes;
        File = file;
    }

    /// <summary>The memfd, or null for anonymous memory. Owned by this object.</summary>
    public FileDescriptor? File { get; }

    public override bool IsInvalid => handle == (nint)0;

    /// <summary>Allocates zeroed pages. The length is a multiple of the page size.</summary>
    public static DmaPages Allocate(ulong lengthInBytes, DmaPageSize pageSize, DmaBacking backing) => backing == DmaBacking.SharedFile
        ? AllocateShared(lengthInBytes, pageSize)
        : AllocateAnonymous(lengthInBytes, pageSize);

    protected override bool ReleaseHandle()
    {
        File?.Dispose();
        return Libc.munmap((void*)handle, _lengthInBytes) == 0;
    }

    private static DmaPages AllocateShared(ulong lengthInBytes, DmaPageSize pageSize)
    {
        var huge = pageSize == DmaPageSize.Default ? 0 : Libc.MFD_HUGETLB | (HugePages.SizeCode(pageSize) << Libc.MAP_HUGE_SHIFT);
        var file = Libc.memfd_create("vfiosharp-dma", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING | huge);
        var isOwned = false;
        try
        {
            if (file.IsInvalid)
                throw Failed(lengthInBytes, pageSize, Libc.LastErrno);
            if (Libc.ftruncate(file, checked((long)lengthInBytes)) != 0)
                throw Failed(lengthInBytes, pageSize, Libc.LastErrno);
            // The server of a vfio-user device gets this file: it must not be able to pull the pages away from under a span.
            if (Libc.fcntl(file, Libc.F_ADD_SEALS, Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL) != 0)
                throw Failed(lengthInBytes, pageSize, Libc.LastErrno);
            var address = Libc.mmap(null, checked((nuint)lengthInBytes), Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, file, 0);
            if (address == Libc.MapFailed)
                throw Failed(lengthInBytes, pageSize, Libc.LastErrno);
            isOwned = true;
            return new DmaPages(address, (nuint)lengthInBytes, file);
        }
        finally
        {
            if (!isOwned)
                file.Dispose();
        }
    }

    private static DmaPages AllocateAnonymous(ulong lengthInBytes, DmaPageSize pageSize)
    {
        var huge = pageSize == DmaPageSize.Default ? 0 : Libc.MAP_HUGETLB | ((int)HugePages.SizeCode(pageSize) << Libc.MAP_HUGE_SHIFT);
        var address = Libc.mmap(
            null, checked((nuint)lengthInBytes), Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | huge, -1, 0);
        if (address == Libc.MapFailed)
            throw Failed(lengthInBytes, pageSize, Libc.LastErrno);
        var pages = new DmaPages(address, (nuint)lengthInBytes, null);
        // After a fork a write by this process could move it to a copy while the device keeps the old page.
        if (Libc.madvise(address, (nuint)lengthInBytes, Libc.MADV_DONTFORK) == 0)
            return pages;
        var errno = Libc.LastErrno;
        pages.Dispose();
        throw Failed(lengthInBytes, pageSize, errno);
    }

    private static VfioException Failed(ulong lengthInBytes, DmaPageSize pageSize, Errno errno)
    {
        var advice = (pageSize, errno) switch
        {
            (DmaPageSize.Default, Errno.ENOMEM) => "this process has not that much memory or address space left.",
            (DmaPageSize.Default, Errno.EMFILE) => "this process has too many open files; raise the limit with `ulimit -n`, or take anonymous memory.",
            (DmaPageSize.Default, _) => null,
            _ => HugePages.Advice(HugePages.SizeInBytes(pageSize), lengthInBytes, HugePages.SystemFolder),
        };
        var pages = pageSize == DmaPageSize.Default ? string.Empty : $" in huge pages of {ByteText.Size(HugePages.SizeInBytes(pageSize))}";
        return new VfioException($"allocate {ByteText.Size(lengthInBytes)} for DMA{pages}", null, errno, advice);
    }
}
