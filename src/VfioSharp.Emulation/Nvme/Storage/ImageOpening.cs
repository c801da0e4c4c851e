using VfioSharp.Native;

namespace VfioSharp.Emulation.Nvme.Storage;

/// <summary>Opens one file as an image: all of it, or nothing is left open, nor behind.</summary>
internal sealed unsafe class ImageOpening(string path, NvmeImageOptions options)
{
    private const int Permissions = 0x1b6; // 0666, less the umask
    private bool _isCreated;

    /// <summary>Does it.</summary>
    /// <exception cref="VfioException">It cannot be done; the message says why.</exception>
    public NvmeImage Run()
    {
        using var opened = new Owned(OpenOrCreate());
        try
        {
            Lock(opened.File);
            var size = Measure(opened.File);
            if (options.SizeInBytes is { } wanted && wanted != size)
                size = Grow(opened.File, size, wanted);
            if (size < options.BlockSizeInBytes)
                throw Refuse(Errno.None, size == 0 ? "it is empty; say how long it is to be." : "it is shorter than one block.");
            if (_isCreated)
                Keep(opened.File);
            var mapped = MappedImage.LiesInMemory(opened.File) ? MappedImage.TryMap(opened.File, size, options.IsReadOnly, isPrivate: false) : null;
            return new NvmeImage(new ImageFile(opened.Take(), mapped), path, size, options.BlockSizeInBytes, options.IsReadOnly);
        }
        catch when (_isCreated)
        {
            _ = Libc.unlink(path);
            throw;
        }
    }

    private FileDescriptor OpenOrCreate()
    {
        // Without O_NONBLOCK a pipe would be waited for; to a file it means nothing.
        const int flags = Libc.O_CLOEXEC | Libc.O_NONBLOCK;
        var file = Libc.open(path, flags | (options.IsReadOnly ? Libc.O_RDONLY : Libc.O_RDWR));
        var errno = file.IsInvalid ? Libc.LastErrno : Errno.None;
        if (errno == Errno.ENOENT && options.SizeInBytes is not null)
        {
            file.Dispose();
            file = Libc.open(path, flags | Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, Permissions);
            errno = file.IsInvalid ? Libc.LastErrno : Errno.None;
            _isCreated = errno == Errno.None;
        }

        if (errno == Errno.None)
            return file;
        file.Dispose();
        throw Refuse(errno, errno switch
        {
            Errno.ENOENT => "there is no such file; say how long it is to be, and it is created.",
            Errno.EACCES or Errno.EROFS when !options.IsReadOnly => "it can perhaps be opened for reading alone.",
            _ => EventFd.DescriptorAdvice(errno),
        });
    }

    private void Lock(FileDescriptor file)
    {
        if (Libc.flock(file, (options.IsReadOnly ? Libc.LOCK_SH : Libc.LOCK_EX) | Libc.LOCK_NB) == 0)
            return;
        var errno = Libc.LastErrno;
        if (errno == Errno.EAGAIN)
            throw Refuse(errno, "somebody else uses it, and two who write would destroy it.");
        // File systems without locks leave that to the user.
        if (errno is not (Errno.EOPNOTSUPP or Errno.ENOSYS or Errno.EINVAL or Errno.ENOLCK))
            throw Refuse(errno, null);
    }

    private long Measure(FileDescriptor file)
    {
        Libc.FileStatus status;
        if (Libc.statx(file, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) != 0)
            throw Refuse(Libc.LastErrno, null);
        if ((status.Mode & Libc.S_IFMT) != Libc.S_IFREG)
            throw Refuse(Errno.None, "it is no regular file.");
        return (long)Math.Min(status.Size, long.MaxValue);
    }

    private long Grow(FileDescriptor file, long size, long wanted)
    {
        if (size > wanted)
            throw Refuse(Errno.None, $"it has {size} bytes, more than the {wanted} that were asked for; it is not cut short.");
        if (Libc.ftruncate(file, wanted) != 0)
            throw Refuse(Libc.LastErrno, $"it cannot grow to {wanted} bytes.");
        if (Libc.fsync(file) != 0)
            throw Refuse(Libc.LastErrno, "its length could not be written to the disk.");
        return wanted;
    }

    // A file is there after a power cut when its folder is on the disk, too.
    private void Keep(FileDescriptor file)
    {
        if (Libc.fsync(file) != 0)
            throw Refuse(Libc.LastErrno, "it could not be written to the disk.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        using var descriptor = Libc.open(folder, Libc.O_RDONLY | Libc.O_CLOEXEC);
        var errno = descriptor.IsInvalid || Libc.fsync(descriptor) != 0 ? Libc.LastErrno : Errno.None;
        // A folder that may be searched but not read cannot be asked for it, and some file systems know no such thing.
        if (errno is not (Errno.None or Errno.EACCES or Errno.EINVAL))
            throw Refuse(errno, $"its folder {folder} could not be written to the disk.");
    }

    private VfioException Refuse(Errno errno, string? advice) => new($"use {path} as an image", null, errno, advice);

    // Closes the file unless it was taken.
    private ref struct Owned(FileDescriptor file)
    {
        private FileDescriptor? _file = file;

        public readonly FileDescriptor File => _file!;

        public FileDescriptor Take()
        {
            var taken = _file!;
            _file = null;
            return taken;
        }

        public readonly void Dispose() => _file?.Dispose();
    }
}
