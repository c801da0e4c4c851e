namespace VfioSharp.Emulation.Nvme;

/// <summary>How a file is opened as a namespace's storage. Immutable.</summary>
public sealed record NvmeImageOptions
{
    /// <summary>
    /// How long the image is to be, in bytes: a file that is not there is created, one that is shorter grows, and neither takes room on disk for
    /// it before something is written. Null (the default): the file is there, and as long as it is to be. A multiple of <see
    /// cref="BlockSizeInBytes"/>.
    /// </summary>
    public long? SizeInBytes { get; init; }

    /// <summary>
    /// How long a logical block is: 512 or 4096 bytes. Default: 512. A Format NVM of the driver changes it until the image is opened the next time.
    /// </summary>
    public int BlockSizeInBytes { get; init; } = 512;

    /// <summary>Whether nothing is to be written: the driver sees a namespace that is write protected. Default: false.</summary>
    public bool IsReadOnly { get; init; }

    internal void Check()
    {
        CheckBlockSize(BlockSizeInBytes);
        if (SizeInBytes is not { } size)
            return;
        CheckSize(size, BlockSizeInBytes);
        if (IsReadOnly)
            throw new ArgumentException("An image that is opened for reading alone is as long as its file; no size can be given.", nameof(SizeInBytes));
    }

    internal static void CheckBlockSize(int blockSizeInBytes)
    {
        if (blockSizeInBytes is not (512 or 4096))
            throw new ArgumentOutOfRangeException(nameof(blockSizeInBytes), blockSizeInBytes, "A logical block has 512 or 4096 bytes.");
    }

    internal static void CheckSize(long sizeInBytes, int blockSizeInBytes)
    {
        if (sizeInBytes <= 0 || sizeInBytes % blockSizeInBytes != 0)
            throw new ArgumentOutOfRangeException(nameof(sizeInBytes), sizeInBytes, $"An image has whole blocks of {blockSizeInBytes} bytes, one at least.");
    }
}
