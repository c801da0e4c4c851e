using System.Diagnostics;

namespace VfioSharp.Nvme.Tests.Faults;

/// <summary>A controller that does not start, stop or answer as it should.</summary>
public sealed class ControllerFaultTests
{
    private const byte CreateCompletionQueue = 0x05;
    private const byte Identify = 0x06;
    private const byte SetFeatures = 0x09;

    // CAP.TO of the controller is 500 ms; beyond that there is the machine's own slowness.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task One_that_never_becomes_ready_is_given_up_when_its_own_time_is_over()
    {
        await using var device = new FaultyDevice(controller => controller.NeverReady = true);
        var clock = Stopwatch.StartNew();

        await FaultyDevice.RequireFailure(NvmeFailure.NotReady, device.ConnectAsync());

        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(450), Bound);
    }

    [Fact]
    public async Task One_that_was_given_up_can_be_opened_once_it_works()
    {
        await using var device = new FaultyDevice(controller => controller.NeverReady = true);
        await FaultyDevice.RequireFailure(NvmeFailure.NotReady, device.ConnectAsync());

        device.Controller.NeverReady = false;
        await device.ConnectAsync();

        await device.RequireItWorks(0x11);
    }

    [Fact]
    public async Task One_that_does_not_stop_is_stopped_by_a_reset_of_its_function()
    {
        await using var device = await FaultyDevice.OpenAsync();
        device.Controller.NeverDisabled = true;

        await device.Driver.ResetAsync().InTime();

        Assert.Equal(1, device.Controller.FunctionResetCount);
        await device.RequireItWorks(0x12);
    }

    [Fact]
    public async Task One_that_never_shuts_down_does_not_keep_the_program_from_ending()
    {
        var device = await FaultyDevice.OpenAsync(prepare: controller => controller.NeverShutsDown = true);

        await device.DisposeAsync();

        Assert.Equal(1, device.Controller.ShutdownCount);
    }

    [Fact]
    public async Task One_that_is_not_there_is_said_to_be_gone()
    {
        await using var device = new FaultyDevice(controller => controller.IsGone = true);

        await FaultyDevice.RequireFailure(NvmeFailure.Disconnected, device.ConnectAsync());
    }

    [Theory]
    [InlineData(Identify)]
    [InlineData(SetFeatures)]
    [InlineData(CreateCompletionQueue)]
    public async Task One_that_does_not_answer_an_admin_command_is_not_opened(byte opcode)
    {
        await using var device = new FaultyDevice(controller => controller.MeetAdmin(opcode, CompletionFault.Drop));

        await FaultyDevice.RequireFailure(NvmeFailure.TimedOut, device.ConnectAsync());
    }

    [Theory]
    [InlineData(Identify)]
    [InlineData(SetFeatures)]
    [InlineData(CreateCompletionQueue)]
    public async Task One_that_fails_while_it_is_opened_is_said_to_have_failed(byte opcode)
    {
        await using var device = new FaultyDevice(controller => controller.MeetAdmin(opcode, CompletionFault.Fatal));

        await FaultyDevice.RequireFailure(NvmeFailure.ControllerFatal, device.ConnectAsync());

        await device.ConnectAsync();
        await device.RequireItWorks(0x13);
    }

    [Theory]
    [InlineData(CompletionFault.UnknownCommandId)]
    [InlineData(CompletionFault.UnknownQueueId)]
    [InlineData(CompletionFault.Garbage)]
    public async Task One_whose_admin_queue_says_nonsense_is_not_opened(CompletionFault fault)
    {
        await using var device = new FaultyDevice(controller => controller.MeetAdmin(Identify, fault));

        await FaultyDevice.RequireFailure(NvmeFailure.TimedOut, device.ConnectAsync());

        await device.ConnectAsync();
        await device.RequireItWorks(0x14);
    }

    [Fact]
    public async Task One_that_stays_in_its_fatal_error_is_not_said_to_be_reset()
    {
        await using var device = await FaultyDevice.OpenAsync(prepare: controller => controller.StaysFatal = true);
        using var buffer = device.Allocate(512);
        device.Controller.Meet(FaultyController.Read, CompletionFault.Fatal);
        await FaultyDevice.RequireFailure(NvmeFailure.ControllerFatal, device.Disk.ReadAsync(0, buffer.Memory.Slice(0, 512)).AsTask());

        await FaultyDevice.RequireFailure(NvmeFailure.ControllerFatal, device.Driver.ResetAsync());

        device.Controller.StaysFatal = false;
        await device.Driver.ResetAsync().InTime();
        await device.RequireItWorks(0x15);
    }

    [Fact]
    public async Task A_reset_ends_what_is_under_way()
    {
        const int Commands = 16;
        await using var device = await FaultyDevice.OpenAsync();
        using var buffer = device.Allocate(Commands * 512, 0x44);
        device.Controller.Disk[..(Commands * 512)].Fill(0x55);
        device.Controller.Meet(FaultyController.Read, CompletionFault.Hold, Commands);
        var calls = Enumerable.Range(0, Commands).Select(i => device.Disk.ReadAsync((ulong)i, buffer.Memory.Slice(i * 512, 512)).AsTask()).ToArray();

        await device.Driver.ResetAsync().InTime();

        foreach (var call in calls)
            await FaultyDevice.RequireFailure(NvmeFailure.Reset, call);
        device.Controller.Release();
        Assert.False(buffer.Memory.Span.ContainsAnyExcept((byte)0x44));
        await device.RequireItWorks(0x16);
    }

    [Fact]
    public async Task Closing_ends_what_is_under_way()
    {
        var device = await FaultyDevice.OpenAsync();
        using var buffer = device.Allocate(512, 0x44);
        device.Controller.Disk[..512].Fill(0x55);
        device.Controller.Meet(FaultyController.Read, CompletionFault.Hold);
        var call = device.Disk.ReadAsync(0, buffer.Memory.Slice(0, 512)).AsTask();

        await device.Driver.DisposeAsync().InTime();

        await Assert.ThrowsAnyAsync<Exception>(() => call.InTime());
        device.Controller.Release();
        Assert.False(buffer.Memory.Span.ContainsAnyExcept((byte)0x44));
        await device.DisposeAsync();
    }
}
