using VfioSharp.Emulation.Nvme;
using VfioSharp.Guest.Tests.Served;

namespace VfioSharp.Guest.Tests.Nvme;

/// <summary>
/// A controller of this process with two namespaces in files: one of 512-byte blocks for a file system, one of 4096-byte blocks for what overwrites
/// everything. Disposing of it ends the server and removes the files.
/// </summary>
internal sealed class ServedDisk : IDisposable
{
    public const long FileSystemInBytes = 96 << 20, ScratchInBytes = 64 << 20;
    public const string SerialNumber = "VFIOSHARP0001";

    private readonly TemporaryFolder _folder = new();

    public ServedDisk(NvmeDoorbells doorbells)
    {
        Devices.Add("disk", new NvmeFunction(new NvmeFunctionOptions
        {
            Images =
            [
                NvmeImage.Open(FileSystem, new NvmeImageOptions { SizeInBytes = FileSystemInBytes }),
                NvmeImage.Open(Scratch, new NvmeImageOptions { SizeInBytes = ScratchInBytes, BlockSizeInBytes = 4096 }),
            ],
            Doorbells = doorbells,
            SerialNumber = SerialNumber,
        }));
    }

    /// <summary>The controller behind its socket.</summary>
    public ServedDevices Devices { get; } = new();

    /// <summary>The file of the first namespace.</summary>
    public string FileSystem => _folder.PathOf("file-system.img");

    /// <summary>The file of the second namespace.</summary>
    public string Scratch => _folder.PathOf("scratch.img");

    public void Dispose()
    {
        Devices.Dispose();
        _folder.Dispose();
    }
}
