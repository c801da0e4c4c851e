using VfioSharp.Nvme;

namespace VfioSharp.Tool.Tests.Nvme;

/// <summary>The example of README.md and docs/nvme.md.</summary>
internal static class NvmeExample
{
    public static async Task RunAsync(string address, TextWriter output)
    {
        // <example>
        await using var controller = await NvmeController.OpenAsync(address);
        var disk = controller.Namespaces[0];
        output.WriteLine($"{controller.Identity.ModelNumber}: {disk.SizeInBlocks} blocks of {disk.BlockSizeInBytes} bytes");

        using var buffer = controller.AllocateBuffer(64 * 1024);
        Random.Shared.NextBytes(buffer.Memory.Span);
        await disk.WriteAsync(2048, buffer.Memory);             // from block 2048 on, straight out of this memory
        await disk.FlushAsync();

        var copy = new byte[buffer.LengthInBytes];
        await disk.ReadAsync(2048, copy);                       // any memory will do, by way of a buffer of the driver's
        output.WriteLine(copy.AsSpan().SequenceEqual(buffer.Memory.Span));

        await using var stream = disk.OpenStream();             // for people in a hurry
        // </example>
        Assert.Equal(disk.SizeInBytes, stream.Length);
    }
}
