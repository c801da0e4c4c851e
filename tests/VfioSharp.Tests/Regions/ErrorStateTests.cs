using VfioSharp.Backends;
using VfioSharp.Interrupts;
using VfioSharp.Regions;
using VfioSharp.Tests.Fakes;
using VfioSharp.Tests.Interrupts;

namespace VfioSharp.Tests.Regions;

/// <summary>Registers of a device in error state, which answer all ones and no error.</summary>
public sealed class ErrorStateTests
{
    private static readonly DeviceAddress Address = DeviceAddress.Parse("0001:00:00.0");
    private static readonly DeviceHost IbmZ = DeviceHost.Local with { Architecture = "s390x", LoadStoreObstacle = "It is an IBM Z." };

    private readonly RecordingLogger _log = new();

    [Fact]
    public void After_the_event_all_ones_are_faults_until_the_reset_and_the_log_says_so_once()
    {
        var backend = Backend(DeviceHost.Local);
        using var device = Open(backend);
        using var window = device.Regions[0].Open();
        Assert.Equal(0x0403_0201u, window.Read32(0));
        Assert.Equal(uint.MaxValue, window.Read32(4));
        Assert.Equal(0, window.FaultCount);

        backend.InterruptSeam!.Fire(InterruptIndex.Error);
        backend.IsInErrorState = true;
        Assert.Equal(0xff, window.Read8(0));
        Assert.Equal(0xffff, window.Read16(0));
        Assert.Equal(uint.MaxValue, window.Read32(0));
        Assert.Equal(ulong.MaxValue, window.Read64(0));
        Assert.Equal(4, window.FaultCount);
        Assert.Equal(1, _log.Messages.Count(message => message == "0001:00:00.0 is in error state: its registers answer all ones, which counts as a fault, until it is reset"));

        device.Reset();
        Assert.Equal(0x0403_0201u, window.Read32(0));
        Assert.Equal(uint.MaxValue, window.Read32(4));
        Assert.Equal(4, window.FaultCount);
    }

    [Fact]
    public void A_window_that_throws_says_that_the_device_needs_a_reset()
    {
        var backend = Backend(DeviceHost.Local);
        using var device = Open(backend);
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        backend.InterruptSeam!.Fire(InterruptIndex.Error);
        backend.IsInErrorState = true;

        var failure = Assert.Throws<DeviceAccessException>(() => window.Read32(8));
        Assert.Equal(
            "0001:00:00.0: cannot read 4 bytes from offset 0x8 of BAR0: the function is in error state, or gone: whatever is read of it is all ones. Reset() the device to use it again.",
            failure.Message);
        device.Reset();
        Assert.Equal(0x0c0b_0a09u, window.Read32(8));
    }

    [Fact]
    public void A_device_that_the_kernel_recovered_costs_one_fault_and_is_believed_then()
    {
        var backend = Backend(DeviceHost.Local);
        using var device = Open(backend);
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        backend.InterruptSeam!.Fire(InterruptIndex.Error);

        Assert.Equal(0x0403_0201u, window.Read32(0));
        var failure = Assert.Throws<DeviceAccessException>(() => window.Read32(4));
        Assert.Contains("it answers again since", failure.Message, StringComparison.Ordinal);
        Assert.Equal(uint.MaxValue, window.Read32(4));
        Assert.Equal(1, window.FaultCount);
    }

    [Fact]
    public void On_IBM_Z_the_file_hides_errors_and_the_device_is_asked_without_an_event()
    {
        var backend = Backend(IbmZ);
        using var device = Open(backend);
        using var window = device.Regions[0].Open();
        Assert.Equal(AccessPath.RegionFile, window.Plan.Path);
        Assert.Equal(uint.MaxValue, window.Read32(4));
        Assert.Equal(0, window.FaultCount);

        backend.IsInErrorState = true;
        Assert.Equal(uint.MaxValue, window.Read32(0));
        Assert.Equal(1, window.FaultCount);
        device.Reset();
        Assert.Equal(0x0403_0201u, window.Read32(0));
        Assert.Equal(uint.MaxValue, window.Read32(4));
        Assert.Equal(1, window.FaultCount);
    }

    [Fact]
    public void Elsewhere_all_ones_without_an_event_are_the_register_s_and_nobody_is_asked()
    {
        var backend = Backend(DeviceHost.Local);
        using var device = Open(backend);
        using var window = device.Regions[0].Open();
        backend.Accesses.Clear();
        Assert.Equal(uint.MaxValue, window.Read32(4));
        Assert.Equal(["read 0 0x4 4"], backend.Accesses);
    }

    [Fact]
    public void The_error_interrupt_is_connected_with_the_first_window_and_given_up_with_the_device()
    {
        var backend = Backend(DeviceHost.Local);
        using (var device = Open(backend))
        {
            Assert.Empty(backend.InterruptSeam!.Requests);
            device.Regions[0].Open().Dispose();
            device.Regions[0].Open().Dispose();
            Assert.Equal(["connect Error Trigger 0 x1"], backend.InterruptSeam.Requests);
        }

        Assert.Single(backend.InterruptSeam.Requests);
    }

    [Fact]
    public void A_load_is_judged_like_a_request()
    {
        bool? answers = false;
        using var memory = new SharedMemory();
        using var device = new InterruptFixture(answersConfig: () => answers);
        device.Interrupts.Errors.Begin();
        using var window = RegionWindow.OverMapping(
            SharedMemory.Describe(AccessPath.LoadStore, 0, 4096) with { Errors = device.Interrupts.Errors }, memory.Map(), 0);
        memory.Write(0, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        memory.Write(8, [0xff, 0xff, 0xff, 0xfe]);

        ReadAll();
        Assert.Equal(0, window.FaultCount);
        device.Backend.Fire(InterruptIndex.Error);
        ReadAll();
        Assert.Equal(6, window.FaultCount);
        Assert.Equal(0xfeff_ffffu, window.Read32(8));
        Assert.Equal(6, window.FaultCount);
        Assert.Equal(0, BytesAllocatedByReading(window));

        void ReadAll()
        {
            Assert.Equal(0xff, window.Read8(0));
            Assert.Equal(0xffff, window.Read16(0));
            Assert.Equal(uint.MaxValue, window.Read32(0));
            Assert.Equal(ulong.MaxValue, window.Read64(0));
            Span<byte> block = stackalloc byte[8];
            window.ReadBlock(0, block, 4);
        }
    }

    private static long BytesAllocatedByReading(RegionWindow window)
    {
        _ = window.Read32(0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            _ = window.Read32(0);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static ByteArrayBackend Backend(DeviceHost host)
    {
        var bar = Enumerable.Range(1, 64).Select(value => (byte)value).ToArray();
        bar.AsSpan(4, 4).Fill(0xff);
        return new ByteArrayBackend { HostOfMappings = host, InterruptSeam = new InterruptBackend() }
            .With(0, bar).With((int)RegionIndex.Config, new byte[256]);
    }

    private VfioDevice Open(ByteArrayBackend backend) => VfioDevice.Open(Address, backend, new VfioOptions { Logger = _log });
}
