namespace VfioSharp.Emulation.Nvme;

public sealed partial class NvmeImage
{
    // So that each part can be formatted with either length of block.
    private const long PartUnitInBytes = 4096;

    /// <summary>
    /// Divides the image into parts of equal length, each for a namespace of its own; what is left over behind the last is not used. This image is
    /// closed then; the file is, and is unlocked, when the last part is disposed of.
    /// </summary>
    /// <param name="count">How many parts, at least 1.</param>
    /// <returns>The parts in their order, multiples of 4096 bytes long, which the caller owns until a function does.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive.</exception>
    /// <exception cref="VfioException">The image is too short, or no descriptor is left. The image is as it was.</exception>
    public IReadOnlyList<NvmeImage> Divide(int count)
    {
        if (count < 1)
            throw new ArgumentOutOfRangeException(nameof(count), count, "An image is divided into one part at least.");
        var length = SizeInBytes / count / PartUnitInBytes * PartUnitInBytes;
        if (length == 0)
        {
            throw new VfioException(
                $"divide an image of {SizeInBytes} bytes by {count}", null, Errno.None, $"a part has {PartUnitInBytes} bytes at least.");
        }

        var parts = new List<NvmeImage>();
        try
        {
            for (var part = 0; part < count; part++)
                parts.Add(new NvmeImage(_file.OpenPart(part * length), Path, length, BlockSizeInBytes, IsReadOnly));
        }
        catch
        {
            foreach (var part in parts)
                part.Dispose();
            throw;
        }

        Dispose();
        return parts;
    }
}
