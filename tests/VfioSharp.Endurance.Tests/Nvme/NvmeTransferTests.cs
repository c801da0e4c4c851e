using System.Diagnostics;
using System.Security.Cryptography;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Nvme;
using VfioSharp.TwoProcesses.Nvme;

namespace VfioSharp.Endurance.Tests.Nvme;

/// <summary>The driver at the controller, each in a process of its own.</summary>
public sealed class NvmeTransferTests
{
    private const int PieceInBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static MatrixTheoryData<NvmeDoorbells, bool, bool> Ways => new([NvmeDoorbells.Shared, NvmeDoorbells.Trapped], [true, false], [true, false]);

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_is_written_is_read_again_and_lies_in_the_image(NvmeDoorbells doorbells, bool usesInterrupts, bool usesShadowDoorbells)
    {
        await using var pair = await NvmePair.OpenAsync(doorbells, new NvmeOptions { UseInterrupts = usesInterrupts, UseShadowDoorbells = usesShadowDoorbells });
        using var buffer = pair.Controller.AllocateBuffer(PieceInBytes);
        for (var index = 0; index < 2; index++)
        {
            var disk = pair.Controller.Namespaces[index];
            using var written = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var read = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (var offset = 0L; offset < NvmePair.ImageSizeInBytes; offset += PieceInBytes)
            {
                RandomNumberGenerator.Fill(buffer.Memory.Span);
                written.AppendData(buffer.Memory.Span);
                await ByPieces(disk, offset, buffer.Memory, isWrite: true);
            }

            for (var offset = 0L; offset < NvmePair.ImageSizeInBytes; offset += PieceInBytes)
            {
                await ByPieces(disk, offset, buffer.Memory, isWrite: false);
                read.AppendData(buffer.Memory.Span);
            }

            var hash = written.GetHashAndReset();
            Assert.Equal(hash, read.GetHashAndReset());
            await disk.FlushAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
            Assert.Equal(Convert.ToHexStringLower(hash), await SumAsync(pair.Plan.Images[index].Path));
        }
    }

    [Theory]
    [InlineData(NvmeDoorbells.Shared)]
    [InlineData(NvmeDoorbells.Trapped)]
    public async Task The_controller_is_what_the_server_says(NvmeDoorbells doorbells)
    {
        await using var pair = await NvmePair.OpenAsync(doorbells);

        Assert.Equal([512, 4096], pair.Controller.Namespaces.Select(disk => disk.BlockSizeInBytes));
        Assert.All(pair.Controller.Namespaces, disk => Assert.Equal(NvmePair.ImageSizeInBytes, disk.SizeInBytes));
        Assert.Equal([1u, 2u], pair.Controller.Namespaces.Select(disk => disk.Id));
        Assert.Equal("VfioSharp NVMe Controller", pair.Controller.Identity.ModelNumber);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Commands_of_any_length_at_any_alignment_keep_every_block(NvmeDoorbells doorbells, bool usesInterrupts, bool usesShadowDoorbells)
    {
        await using var pair = await NvmePair.OpenAsync(doorbells, new NvmeOptions { UseInterrupts = usesInterrupts, UseShadowDoorbells = usesShadowDoorbells });
        var traffic = pair.Controller.Namespaces.Select(disk => new VerifiedTraffic(new StampedBlocks(64, 2048, disk.BlockSizeInBytes), seed: (int)disk.Id)).ToArray();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(1));

        await Task.WhenAll(traffic.Select((part, index) => part.RunAsync(new NamespaceTarget(pair.Controller.Namespaces[index]), 6, end.Token))).WaitAsync(Patience, TestContext.Current.CancellationToken);

        for (var index = 0; index < traffic.Length; index++)
        {
            Assert.NotEqual(0, traffic[index].Commands);
            await traffic[index].VerifyAsync(pair.Controller.Namespaces[index]).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    [Theory]
    [InlineData(NvmeDoorbells.Shared, NvmeCompletionMode.Manual)]
    [InlineData(NvmeDoorbells.Trapped, NvmeCompletionMode.Manual)]
    [InlineData(NvmeDoorbells.Shared, NvmeCompletionMode.Polled)]
    [InlineData(NvmeDoorbells.Trapped, NvmeCompletionMode.Interrupt)]
    public async Task A_queue_pair_for_each_thread_keeps_every_block(NvmeDoorbells doorbells, NvmeCompletionMode completion)
    {
        const int Threads = 4;
        const int Blocks = 1024;
        await using var pair = await NvmePair.OpenAsync(doorbells, new NvmeOptions { QueuePairs = Threads + 1 });
        var disk = pair.Controller.Namespaces[1];
        var traffic = Enumerable.Range(0, Threads).Select(number => new VerifiedTraffic(new StampedBlocks((ulong)(number * Blocks), Blocks, 4096), number)).ToArray();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(1));

        await Task.WhenAll(traffic.Select(part => Task.Run(async () =>
        {
            await using var queue = await pair.Controller.CreateQueuePairAsync(new NvmeQueueOptions { Completion = completion, Depth = 16 });
            if (completion == NvmeCompletionMode.Manual)
                part.Run(queue, disk, 8, end.Token);
            else
                await part.RunAsync(new QueueTarget(queue, disk), 8, end.Token);
        }))).WaitAsync(Patience, TestContext.Current.CancellationToken);

        foreach (var part in traffic)
        {
            Assert.NotEqual(0, part.Commands);
            await part.VerifyAsync(disk).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    // By a program that has nothing to do with any of this, and does not lock the file.
    private static async Task<string> SumAsync(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("sha256sum", [path]) { RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return text.Split(' ')[0];
    }

    private static async Task ByPieces(NvmeNamespace disk, long offset, Dma.DmaMemory memory, bool isWrite)
    {
        // Commands go out one behind the other and are waited for together.
        var most = disk.Controller.MaxTransferInBytes;
        var calls = new List<Task<int>>();
        for (var done = 0L; done < memory.LengthInBytes; done += most)
        {
            var piece = memory.Slice(done, Math.Min(most, memory.LengthInBytes - done));
            var lba = (ulong)((offset + done) / disk.BlockSizeInBytes);
            var call = isWrite ? disk.WriteAsync(lba, piece) : disk.ReadAsync(lba, piece);
            calls.Add(call.AsTask());
        }

        Assert.Equal(memory.LengthInBytes, (await Task.WhenAll(calls).WaitAsync(Patience, TestContext.Current.CancellationToken)).Sum());
    }
}
