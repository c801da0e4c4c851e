using VfioSharp.Nvme;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>Writes and flushes while strace(1) records what the server does, and judges whether a flushed write would have survived a power cut.</summary>
internal sealed class NvmeFlushes(string program, string folder, int seed)
{
    private const long ImageSizeInBytes = 4 << 20;
    private const int BlockSizeInBytes = 512;
    private const int MostBlocks = 16;

    private readonly Random _random = new(seed);
    private readonly List<DriverWrite> _writes = [];
    private readonly List<DriverFlush> _flushes = [];

    /// <summary>Runs.</summary>
    /// <param name="rounds">How many flushes, each after some writes.</param>
    /// <returns>How many writes and flushes there were, and how many calls of the server's made them last.</returns>
    /// <exception cref="MeasurementException">A write would have been lost, or strace does not start.</exception>
    public async Task<(int Writes, int Flushes, int Syncs)> RunAsync(int rounds)
    {
        var image = ServedImage.Create(Path.Combine(folder, "disk"), ImageSizeInBytes, BlockSizeInBytes);
        var plan = new NvmeServerPlan(Path.Combine(folder, "socket"), [image]);
        var record = Path.Combine(folder, "record");
        using (SecondProcess.Start(
            "strace", ["-f", "-ttt", "-T", "-y", "-s", "0", "-e", $"trace={SystemCallLog.Calls}", "-o", record, program, .. plan.ToArguments()]))
        {
            await using var controller = await NvmeController.OpenAsync($"vfio-user:{plan.Socket}");
            for (var round = 0; round < rounds; round++)
                await WriteAndFlushAsync(controller.Namespaces[0]);
        }

        var log = SystemCallLog.Read(File.ReadLines(record), image.Path);
        FlushOrder.Require(log, _writes, _flushes);
        return (_writes.Count, _flushes.Count, log.Syncs.Count);
    }

    // The flush is sent while some of the writes are under way: of those nothing is promised.
    private async Task WriteAndFlushAsync(NvmeNamespace disk)
    {
        var writes = Enumerable.Range(0, _random.Next(1, 8)).Select(_ => WriteAsync(disk, _random.Next((int)disk.SizeInBlocks - MostBlocks), _random.Next(1, MostBlocks))).ToArray();
        await Task.WhenAny(writes);
        var sent = Now;
        await disk.FlushAsync();
        _flushes.Add(new DriverFlush(sent, Now));
        await Task.WhenAll(writes);
    }

    private async Task WriteAsync(NvmeNamespace disk, int lba, int blocks)
    {
        var memory = new byte[blocks * BlockSizeInBytes];
        memory.AsSpan().Fill((byte)lba);
        var sent = Now;
        await disk.WriteAsync((ulong)lba, (ReadOnlyMemory<byte>)memory);
        var write = new DriverWrite(sent, Now, (long)lba * BlockSizeInBytes, memory.Length, IsForced: false);
        lock (_writes)
            _writes.Add(write);
    }

    private static double Now => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
}
