using VfioSharp.Dma;
using VfioSharp.Emulation.InProcess;

namespace VfioSharp.Nvme.Tests.Faults;

/// <summary>A controller that can go wrong, and the driver at it. Whatever takes longer than <see cref="Patience"/> hangs.</summary>
internal sealed class FaultyDevice : IAsyncDisposable
{
    /// <summary>Many times what anything here may take: the machine may be busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Short, so that a completion that never comes is soon given up.</summary>
    public static readonly TimeSpan CommandTimeout = TimeSpan.FromMilliseconds(300);

    private readonly VfioDevice _device;
    private NvmeController? _driver;

    public FaultyDevice(Action<FaultyController>? prepare = null)
    {
        Controller = new FaultyController();
        prepare?.Invoke(Controller);
        _device = InProcessDevice.Open(Controller);
    }

    public FaultyController Controller { get; }

    public NvmeController Driver => _driver!;

    public NvmeNamespace Disk => _driver!.Namespaces[0];

    public static NvmeOptions Options(bool usesInterrupts = true) => new()
    {
        CommandTimeout = CommandTimeout,
        AdminTimeout = CommandTimeout,
        UseInterrupts = usesInterrupts,
        QueuePairs = 2,
    };

    /// <summary>Makes a device and opens it with the driver.</summary>
    public static async Task<FaultyDevice> OpenAsync(bool usesInterrupts = true, Action<FaultyController>? prepare = null)
    {
        var device = new FaultyDevice(prepare);
        try
        {
            await device.ConnectAsync(Options(usesInterrupts));
            return device;
        }
        catch
        {
            await device.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens the device with the driver.</summary>
    public async Task ConnectAsync(NvmeOptions? options = null) =>
        _driver = await NvmeController.OpenAsync(_device, options ?? Options()).InTime();

    /// <summary>Memory for the controller, filled with a byte.</summary>
    public MappedBuffer Allocate(int lengthInBytes, byte value = 0)
    {
        var buffer = Driver.AllocateBuffer(lengthInBytes);
        buffer.Memory.Span.Fill(value);
        return buffer;
    }

    /// <summary>Writes to and reads from blocks that no test uses otherwise, by what the program would do then.</summary>
    public async Task RequireItWorks(byte value)
    {
        const int Blocks = 16;
        using var buffer = Allocate(Blocks * FaultyController.BlockSizeInBytes, value);
        var length = buffer.Memory.LengthInBytes;
        Assert.Equal(length, await Disk.WriteAsync(1000, buffer.Memory).InTime());
        buffer.Memory.Span.Clear();
        Assert.Equal(length, await Disk.ReadAsync(1000, buffer.Memory).InTime());
        Assert.False(buffer.Memory.Span.ContainsAnyExcept(value));
    }

    /// <summary>That a call ends, and by which exception of the driver's.</summary>
    public static async Task<NvmeException> RequireFailure(NvmeFailure reason, Task call)
    {
        var exception = await Assert.ThrowsAnyAsync<NvmeException>(() => call.InTime());
        Assert.True(reason == exception.Reason, $"{exception.Reason} instead of {reason}: {exception}");
        return exception;
    }

    /// <summary>The same of a call that may throw at once.</summary>
    public static Task<NvmeException> RequireFailure(NvmeFailure reason, Func<ValueTask<int>> call)
    {
        return RequireFailure(reason, CallAsync());

        async Task CallAsync() => await call();
    }

    public async ValueTask DisposeAsync()
    {
        if (_driver is not null)
            await _driver.DisposeAsync().InTime();
        _device.Dispose();
        Controller.Dispose();
    }
}
