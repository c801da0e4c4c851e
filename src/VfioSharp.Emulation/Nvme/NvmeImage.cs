using VfioSharp.Emulation.Nvme.Storage;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Nvme;

/// <summary>
/// The storage of one namespace of an emulated controller: a raw file, block after block from its beginning, or memory. Holes of a sparse file stay
/// holes until something is written there, and deallocated blocks become holes again.
/// </summary>
/// <remarks>
/// <para>A write is in the kernel's page cache when the driver is told that it is done, so that it survives the end of this process, however
/// sudden; a flush, and a write with Force Unit Access, is on the disk by then (fdatasync(2)). Once the kernel has failed to write something to
/// the disk no flush succeeds any more until the image is opened anew: what was lost cannot be told.</para>
/// <para>A file is locked against others that lock it (flock(2)): one who writes, or several who read.</para>
/// <para>The properties may be read from any thread. The rest belongs to the function that the image was given to, which disposes of it.</para>
/// </remarks>
public sealed partial class NvmeImage : IDisposable
{
    private readonly ImageFile _file;
    private int _blockSizeInBytes;
    private bool _hasLostWrites;

    internal NvmeImage(ImageFile file, string? path, long sizeInBytes, int blockSizeInBytes, bool isReadOnly)
    {
        _file = file;
        Path = path;
        SizeInBytes = sizeInBytes;
        _blockSizeInBytes = blockSizeInBytes;
        IsReadOnly = isReadOnly;
    }

    /// <summary>The file's path as it was given; null for memory.</summary>
    public string? Path { get; }

    /// <summary>The length. Of a file whose length is no multiple of the block the rest is not used.</summary>
    public long SizeInBytes { get; }

    /// <summary>How long a logical block is: 512 or 4096 bytes.</summary>
    public int BlockSizeInBytes => Volatile.Read(ref _blockSizeInBytes);

    /// <summary>How many logical blocks there are.</summary>
    public ulong SizeInBlocks => (ulong)SizeInBytes / (uint)BlockSizeInBytes;

    /// <summary>Whether nothing can be written.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Whether the kernel failed to write something to the disk, after which no flush succeeds.</summary>
    public bool HasLostWrites => Volatile.Read(ref _hasLostWrites);

    /// <summary>Asks how much room the image takes, on disk or in memory.</summary>
    /// <returns>The number of bytes; no more than <see cref="SizeInBytes"/>, and that where the kernel does not say.</returns>
    /// <exception cref="ObjectDisposedException">The image is disposed of.</exception>
    public long GetAllocatedInBytes() => Math.Min(SizeInBytes, _file.GetAllocatedInBytes() ?? SizeInBytes);

    /// <summary>Opens a file, or creates one.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The image, which the caller owns until a function does.</returns>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    /// <exception cref="VfioException">
    /// The file is not there and no size is given (ENOENT); it is in use by somebody who writes, or by anybody where this image is for writing
    /// (EAGAIN); it is no regular file, has not a single block, or is longer than what was asked for; or the kernel refuses. Nothing is left open,
    /// nor behind.
    /// </exception>
    public static NvmeImage Open(string path, NvmeImageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        options ??= new NvmeImageOptions();
        options.Check();
        return new ImageOpening(path, options).Run();
    }

    /// <summary>Makes an image in memory: zeroes, which take no room before something is written. It is gone with the object.</summary>
    /// <param name="sizeInBytes">Its length: a multiple of the block, not 0.</param>
    /// <param name="blockSizeInBytes">How long a logical block is: 512 or 4096.</param>
    /// <returns>The image, which the caller owns until a function does.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="VfioException">No descriptor is left, or memory cannot be as long as that.</exception>
    public static NvmeImage InMemory(long sizeInBytes, int blockSizeInBytes = 512)
    {
        NvmeImageOptions.CheckBlockSize(blockSizeInBytes);
        NvmeImageOptions.CheckSize(sizeInBytes, blockSizeInBytes);
        var file = Libc.memfd_create("vfiosharp-nvme", Libc.MFD_CLOEXEC);
        var errno = file.IsInvalid || Libc.ftruncate(file, sizeInBytes) != 0 ? Libc.LastErrno : Errno.None;
        if (errno == Errno.None)
        {
            var mapped = MappedImage.TryMap(file, sizeInBytes, isReadOnly: false, isPrivate: true);
            return new NvmeImage(new ImageFile(file, mapped), null, sizeInBytes, blockSizeInBytes, isReadOnly: false);
        }

        file.Dispose();
        throw new VfioException($"make an image of {sizeInBytes} bytes in memory", null, errno, EventFd.DescriptorAdvice(errno));
    }

    /// <summary>Closes the file, and with that unlocks it. It is not flushed: whoever wants that has the driver do it.</summary>
    public void Dispose() => _file.Dispose();
}
