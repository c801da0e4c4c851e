namespace VfioSharp.Emulation.Nvme;

public sealed partial class NvmeFunction
{
    /// <summary>
    /// Waits until everything that drivers wrote is on the disk, as their Flush does: for whoever ends a server in good order. A call like those of
    /// whoever plugs the function in: no other may be under way.
    /// </summary>
    /// <exception cref="VfioException">The kernel could not write something of it.</exception>
    /// <exception cref="ObjectDisposedException">The function is disposed of.</exception>
    public void Flush()
    {
        foreach (var image in _options.Images)
        {
            if (image.Flush().IsSuccess)
                continue;
            throw new VfioException(
                $"write the image {image.Path ?? "in memory"} to the disk", null, Errno.None, "the kernel has lost some of what was written.");
        }
    }
}
