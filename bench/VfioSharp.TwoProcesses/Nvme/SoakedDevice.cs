using VfioSharp.Nvme;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>A controller in a process of its own with two namespaces, the connection to it, and the verified traffic on both.</summary>
internal sealed class SoakedDevice : IDisposable
{
    private const int NamespaceApart = 1;

    // A call that takes longer hangs.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _program;
    private readonly NvmeServerPlan _plan;
    private readonly VerifiedTraffic[] _traffic;
    private readonly VerifiedTraffic _apart;
    private SecondProcess _server;
    private NvmeController? _controller;
    private CancellationTokenSource _end = new();
    private Task[] _runs = [];

    /// <summary>Makes images of zeros and starts the server.</summary>
    public SoakedDevice(string program, string folder, int seed, long imageSizeInBytes)
    {
        Directory.CreateDirectory(folder);
        _program = program;
        _plan = new NvmeServerPlan(
            Path.Combine(folder, "socket"),
            [
                ServedImage.Create(Path.Combine(folder, "disk-512"), imageSizeInBytes, 512),
                ServedImage.Create(Path.Combine(folder, "disk-4096"), imageSizeInBytes, 4096),
            ]);
        // Of the second namespace the upper half is for queue pairs that come and go.
        var blocks = _plan.Images.Select(image => (int)(imageSizeInBytes / image.BlockSizeInBytes)).ToArray();
        var half = blocks[1] / 2;
        _traffic =
        [
            new VerifiedTraffic(new StampedBlocks(0, blocks[0], 512), HashCode.Combine(seed, 0)),
            new VerifiedTraffic(new StampedBlocks(0, half, 4096), HashCode.Combine(seed, 1)),
        ];
        _apart = new VerifiedTraffic(new StampedBlocks((ulong)half, half, 4096), HashCode.Combine(seed, 2));
        _server = _plan.Start(program);
    }

    public long Commands => _traffic.Sum(part => part.Commands) + _apart.Commands;

    public int ServerId => _server.Id;

    public int CountServerDescriptors() => ProcessTimes.CountDescriptors(_server.Id);

    public async Task ConnectAsync() => _controller = await NvmeController.OpenAsync($"vfio-user:{_plan.Socket}").WaitAsync(Patience);

    /// <summary>Lets traffic begin that goes on until <see cref="EndAsync()"/>, or until the driver refuses.</summary>
    public void Begin(int lanes)
    {
        _end = new CancellationTokenSource();
        _runs = [.. _traffic.Select((part, index) => part.RunAsync(new NamespaceTarget(_controller!.Namespaces[index]), lanes, _end.Token))];
    }

    /// <summary>Ends the traffic, in good order.</summary>
    public Task EndAsync()
    {
        _end.Cancel();
        return EndAsync(_ => false);
    }

    /// <summary>Resets the controller under the traffic.</summary>
    public async Task ResetAsync()
    {
        await _controller!.ResetAsync().WaitAsync(Patience);
        _end.Cancel();
        await EndAsync(failure => failure.Reason == NvmeFailure.Reset);
        await VerifyAsync();
    }

    /// <summary>Kills the server under the traffic, and starts it again on the same images.</summary>
    public async Task KillAsync()
    {
        _server.Kill();
        await EndAsync(failure => failure.Reason == NvmeFailure.Disconnected);
        Disconnect();
        _server.Dispose();
        _server = _plan.Start(_program);
    }

    /// <summary>Makes a queue pair, uses it for a moment beside the traffic, and deletes it.</summary>
    public async Task UseQueuePairAsync(NvmeCompletionMode completion)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await using var queue = await _controller!.CreateQueuePairAsync(new NvmeQueueOptions { Completion = completion, Depth = 8 }).WaitAsync(Patience);
        var disk = _controller.Namespaces[NamespaceApart];
        var run = completion == NvmeCompletionMode.Manual
            ? Task.Run(() => _apart.Run(queue, disk, 4, end.Token))
            : _apart.RunAsync(new QueueTarget(queue, disk), 4, end.Token);
        await run.WaitAsync(Patience);
    }

    /// <summary>Reads everything.</summary>
    public async Task VerifyAsync()
    {
        for (var index = 0; index < _traffic.Length; index++)
            await _traffic[index].VerifyAsync(_controller!.Namespaces[index]).WaitAsync(Patience);
        await _apart.VerifyAsync(_controller!.Namespaces[NamespaceApart]).WaitAsync(Patience);
    }

    public void Disconnect()
    {
        _controller?.Dispose();
        _controller = null;
    }

    public void Dispose()
    {
        Disconnect();
        _server.Dispose();
        _end.Dispose();
    }

    private async Task EndAsync(Func<NvmeException, bool> isExpected)
    {
        foreach (var run in _runs)
        {
            try
            {
                await run.WaitAsync(Patience);
            }
            catch (NvmeException failure) when (isExpected(failure))
            {
                // The traffic has kept what is open now.
            }
        }

        _end.Dispose();
        _runs = [];
    }
}
