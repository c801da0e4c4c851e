using VfioSharp.Emulation.Nvme;
using VfioSharp.Native;
using VfioSharp.Tool.Tests.Serving;
using VfioSharp.Tool.Tests.VfioUser;

namespace VfioSharp.Tool.Tests.Nvme;

/// <summary>An NVMe controller on files, which this process serves to the command that it runs as well.</summary>
internal sealed class ServedDisk : IDisposable
{
    private readonly SocketFolder _folder = new();
    private readonly ServedFunction _function;

    /// <summary>Serves one namespace of 4 MiB, or others.</summary>
    public ServedDisk(params (long SizeInBytes, int BlockSizeInBytes)[] namespaces)
    {
        if (namespaces.Length == 0)
            namespaces = [(4 << 20, 512)];
        _function = new ServedFunction(new NvmeFunction(new NvmeFunctionOptions
        {
            Images = [.. namespaces.Select((space, index) => NvmeImage.Open(
                PathOf(index + 1), new NvmeImageOptions { SizeInBytes = space.SizeInBytes, BlockSizeInBytes = space.BlockSizeInBytes }))],
            SerialNumber = "TOOL-TEST",
        }));
    }

    /// <summary>The controller's address.</summary>
    public string Address => _function.Address;

    /// <summary>The file of a namespace.</summary>
    public string PathOf(int space) => _folder[$"{space}.img"];

    /// <summary>The path of another file in the same folder.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Runs a verb in this process; DEVICE stands for the controller.</summary>
    public Task<ToolRun> RunAsync(string arguments, StandardStreams? streams = null) =>
        ToolRun.RunWithStreamsAsync(streams ?? new StandardStreams(), [.. arguments.Split(' ').Select(word => word == "DEVICE" ? Address : word)]);

    /// <summary>Makes a file of random bytes.</summary>
    /// <returns>The bytes.</returns>
    public byte[] WriteRandom(string name, int lengthInBytes)
    {
        var bytes = new byte[lengthInBytes];
        Random.Shared.NextBytes(bytes);
        File.WriteAllBytes(_folder[name], bytes);
        return bytes;
    }

    /// <summary>What a namespace holds now. The image is locked, which .NET's own files respect.</summary>
    public unsafe byte[] Read(int space, long offset, int lengthInBytes)
    {
        using var file = Libc.open(PathOf(space), Libc.O_RDONLY | Libc.O_CLOEXEC);
        var bytes = new byte[lengthInBytes];
        fixed (byte* destination = bytes)
            Assert.Equal(lengthInBytes, Libc.pread(file, destination, (nuint)lengthInBytes, offset));
        return bytes;
    }

    public void Dispose()
    {
        _function.Dispose();
        _folder.Dispose();
    }
}
