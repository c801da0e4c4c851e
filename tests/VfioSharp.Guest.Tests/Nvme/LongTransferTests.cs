using System.Security.Cryptography;

namespace VfioSharp.Guest.Tests.Nvme;

/// <summary>A gibibyte through our driver, twice: out of one of QEMU's controllers and into another, in a guest with half as much memory.</summary>
public sealed class LongTransferTests
{
    private const long LengthInBytes = 1L << 30;
    private const int ChunkInBytes = 16 << 20;

    [Fact]
    public async Task A_gibibyte_is_copied_from_controller_to_controller_without_a_wrong_byte()
    {
        using var folder = new TemporaryFolder();
        var sum = WriteRandom(folder.PathOf("source"));
        var session = await NvmeSession.Start(
            "x86_64 7",
            ["--device", $"nvme,id=source,file={folder.PathOf("source")}", "--device", $"nvme,id=target,size=1G,file={folder.PathOf("target")}"],
            ("copy", $"set -o pipefail; vfio nvme read $VFIO_SOURCE --length {LengthInBytes} --output - | vfio nvme write $VFIO_TARGET --input - --force"));

        session.OutputOf("copy");
        // QEMU wrote this file, and QEMU read the other one: neither knows of our driver.
        await using var target = File.OpenRead(folder.PathOf("target"));
        Assert.Equal(LengthInBytes, target.Length);
        Assert.Equal(sum, Convert.ToHexString(await SHA256.HashDataAsync(target, TestContext.Current.CancellationToken)));
    }

    private static string WriteRandom(string path)
    {
        using var file = File.Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunk = new byte[ChunkInBytes];
        for (var written = 0L; written < LengthInBytes; written += chunk.Length)
        {
            RandomNumberGenerator.Fill(chunk);
            file.Write(chunk);
            hash.AppendData(chunk);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
