using System.Buffers.Binary;
using VfioSharp.Config;
using VfioSharp.Dma;
using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.InProcess;
using VfioSharp.Regions;

namespace VfioSharp.Emulation.Tests.InProcess;

public sealed class InProcessDeviceTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public void The_example_is_driven_as_any_device()
    {
        using var function = new SummingFunction();
        using var device = InProcessDevice.Open(function);
        Assert.Equal(("in-process", "in-process:SummingFunction"), (device.Backend, device.Address.ToString()));
        Assert.Equal(0x10ff, device.Config.DeviceId);
        device.Config.EnableBusMaster();
        using var vectors = device.Interrupts.Msix.Enable();
        using var buffer = DmaBuffer.Allocate(4096);
        using var mapping = device.Dma.Map(buffer);
        using var window = device.Regions[0].Open();
        Assert.Equal(AccessPath.Message, window.Plan.Path);
        for (var i = 0u; i < 16; i++)
            window.Write32(i * 4, i);
        window.Write64(0x48, mapping.Iova.Value + 8);
        window.Write32(0x40, 1);
        Assert.True(vectors[0].Wait(Soon));
        Assert.Equal(120u, BinaryPrimitives.ReadUInt32LittleEndian(buffer.Span[8..]));
    }

    [Fact]
    public void Shared_memory_is_reached_by_loads_and_stores_and_the_rest_by_calls()
    {
        using var scratch = new ScratchFunction();
        using var device = InProcessDevice.Open(scratch);
        var region = device.Regions[0];
        Assert.Equal([new RegionArea(0x1000, 0x2000)], region.Description.SparseAreas);
        using var shared = region.Open(new WindowOptions { Offset = 0x1000, LengthInBytes = 0x2000 });
        Assert.Equal(AccessPath.LoadStore, shared.Plan.Path);
        shared.Write64(0x10, 0x0102_0304_0506_0708);
        Assert.Equal(0x0102_0304_0506_0708ul, scratch.GetSharedMemory(0)!.Read64(0x1010));
        scratch.GetSharedMemory(0)!.Write32(0x2ffc, 7);
        Assert.Equal(7u, shared.Read32(0x1ffc));

        using var whole = region.Open();
        Assert.Equal(AccessPath.Message, whole.Plan.Path);
        Assert.Equal(7u, whole.Read32(0x2ffc));
        whole.Write16(0x3002, 0x1234);
        Assert.Equal(1ul, whole.Read64(0x128));
        Assert.Equal(0x1234ul, whole.Read64(0x158));
    }

    [Fact]
    public void A_BAR_that_is_memory_as_a_whole_is_mapped_as_a_whole()
    {
        using var function = new MemoryFunction();
        using var device = InProcessDevice.Open(function);
        Assert.Empty(device.Regions[2].Description.SparseAreas);
        using var window = device.Regions[2].Open();
        Assert.Equal(AccessPath.LoadStore, window.Plan.Path);
        window.Write32(0xffc, 5);
        Assert.Equal(5u, function.GetSharedMemory(2)!.Read32(0xffc));
    }

    [Fact]
    public void DMA_reaches_what_is_mapped_and_nothing_else_and_needs_bus_mastering()
    {
        using var scratch = new ScratchFunction();
        using var device = InProcessDevice.Open(scratch);
        using var buffer = DmaBuffer.Allocate(8192);
        using var window = device.Regions[0].Open();
        buffer.Span[..4].Fill(0x5a);
        var mapping = device.Dma.Map(buffer);
        var iova = mapping.Iova.Value;
        Assert.Equal(6u, Move(window, 1, iova, 0x3000, 4));
        device.Config.EnableBusMaster();
        Assert.Equal(2u, Move(window, 1, iova, 0x3000, 4));
        Assert.Equal(0x5a5a_5a5au, window.Read32(0x3000));
        Assert.Equal(2u, Move(window, 2, 0x3000, iova + 8188, 4));
        Assert.Equal(0x5a, buffer.Span[8191]);
        Assert.Equal(6u, Move(window, 2, 0x3000, iova + 8190, 4));
        mapping.Dispose();
        Assert.Equal(6u, Move(window, 1, iova, 0x3000, 4));
    }

    [Fact]
    public void Memory_that_is_mapped_to_be_read_is_not_written()
    {
        using var scratch = new ScratchFunction();
        using var device = InProcessDevice.Open(scratch);
        device.Config.EnableBusMaster();
        using var buffer = DmaBuffer.Allocate(4096);
        using var mapping = device.Dma.Map(buffer, Backends.DmaAccess.Read);
        using var window = device.Regions[0].Open();
        Assert.Equal(2u, Move(window, 1, mapping.Iova.Value, 0x3000, 4));
        Assert.Equal(6u, Move(window, 2, 0x3000, mapping.Iova.Value, 4));
    }

    [Fact]
    public void Messages_are_switched_on_for_the_program_and_fire_its_eventfds()
    {
        using var scratch = new ScratchFunction();
        using var device = InProcessDevice.Open(scratch);
        using var window = device.Regions[0].Open();
        device.Config.EnableBusMaster();
        using (var vectors = device.Interrupts.Msix.Enable(4))
        {
            Assert.True(device.Config.FindMsix()!.IsEnabled);
            window.Write32(0x10, 3);
            Assert.True(vectors[3].Wait(Soon));
            Assert.False(vectors[2].TryTake(out _));
        }

        Assert.False(device.Config.FindMsix()!.IsEnabled);
        using (var vectors = device.Interrupts.Msi.Enable(2))
        {
            window.Write32(0x10, 7);
            Assert.True(vectors[1].Wait(Soon));
            device.Config.DisableBusMaster();
            window.Write32(0x10, 0);
            Assert.False(vectors[0].TryTake(out _));
        }
    }

    [Fact]
    public void The_line_of_edu_masks_itself_and_comes_again_until_it_is_acknowledged()
    {
        using var edu = new EduFunction();
        using var device = InProcessDevice.Open(edu);
        using var window = device.Regions[0].Open();
        using var vectors = device.Interrupts.Intx.Enable();
        var line = vectors[0];
        window.Write32(0x60, 1);
        Assert.True(line.Wait(Soon, out var count));
        Assert.Equal(1ul, count);
        line.Unmask();
        Assert.True(line.Wait(Soon));
        using (var resample = vectors.ConnectResample())
        {
            resample.Signal();
            Assert.True(line.Wait(Soon));
            window.Write32(0x64, 1);
            resample.Signal();
        }

        line.Unmask();
        Assert.False(line.TryTake(out _));
    }

    [Fact]
    public void A_reset_keeps_what_the_kernel_keeps()
    {
        using var scratch = new ScratchFunction();
        using var device = InProcessDevice.Open(scratch);
        device.Config.EnableBusMaster();
        using var vectors = device.Interrupts.Msix.Enable(1);
        using var window = device.Regions[0].Open();
        window.Write32(0x1000, 5);
        device.Reset();
        Assert.Equal(0u, window.Read32(0x1000));
        window.Write32(0x10, 0);
        Assert.True(vectors[0].Wait(Soon));

        window.Write32(0x3000, 5);
        var control = device.Config.FindPciExpress()!.Offset + 8;
        device.Config.Write16(control, 0x8000);
        Assert.Equal(0u, window.Read32(0x3000));
        Assert.True(scratch.Config.IsBusMaster);
        window.Write32(0x10, 0);
        Assert.True(vectors[0].Wait(Soon));
    }

    [Fact]
    public void Without_memory_enabled_or_in_D3hot_the_function_is_not_asked()
    {
        using var scratch = new ScratchFunction();
        using var device = InProcessDevice.Open(scratch);
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.AllOnes });
        Assert.Equal(0x5452_4353u, window.Read32(0));
        device.Config.DisableMemory();
        Assert.Equal(uint.MaxValue, window.Read32(0));
        device.Config.EnableMemory();
        device.Config.FindPowerManagement()!.SetState(PowerState.D3Hot);
        Assert.Equal(uint.MaxValue, window.Read32(0));
        device.Config.FindPowerManagement()!.SetState(PowerState.D0);
        Assert.Equal(0x5452_4353u, window.Read32(0));
    }

    [Fact]
    public void What_the_functions_own_thread_asks_for_is_done_without_an_access()
    {
        using var function = new ThreadedFunction();
        using (var device = InProcessDevice.Open(function))
        {
            device.Config.EnableBusMaster();
            using var vectors = device.Interrupts.Msix.Enable();
            var thread = new Thread(function.Ask);
            thread.Start();
            Assert.True(vectors[0].Wait(Soon));
            thread.Join();
        }

        var works = function.Works;
        function.Ask();
        Assert.Equal(works, function.Works);
    }

    [Fact]
    public void What_its_work_throws_is_told_to_who_makes_the_next_access()
    {
        using var function = new ThreadedFunction { Throws = true };
        using var device = InProcessDevice.Open(function);
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        var thread = new Thread(function.Ask);
        thread.Start();
        thread.Join();
        Assert.True(SpinWait.SpinUntil(() => Record.Exception(() => window.Read32(0)) is VfioException { InnerException: FormatException }, Soon));
    }

    [Fact]
    public void What_the_work_of_an_access_throws_is_told_to_who_makes_the_next_one()
    {
        using var function = new ThreadedFunction { Throws = true };
        using var device = InProcessDevice.Open(function);
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        window.Write32(0x100, 1);
        Assert.IsType<FormatException>(Assert.ThrowsAny<VfioException>(() => window.Read32(0)).InnerException);
    }

    [Fact]
    public void Closing_the_device_resets_the_function_and_leaves_nothing_open()
    {
        using var scratch = new ScratchFunction();
        var before = 0;
        for (var i = 0; i < 5; i++)
        {
            using (var device = InProcessDevice.Open(scratch))
            {
                device.Config.EnableBusMaster();
                using var vectors = device.Interrupts.Msix.Enable(8);
                using var window = device.Regions[0].Open(new WindowOptions { Offset = 0x1000, LengthInBytes = 0x1000 });
                window.Write32(0, 5);
            }

            Assert.False(scratch.Config.IsBusMaster);
            Assert.False(scratch.Config.IsMsixEnabled);
            Assert.Equal(0u, scratch.GetSharedMemory(0)!.Read32(0x1000));
            var open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
            before = i == 0 ? open : before;
            Assert.InRange(open, 0, before + 8);
        }
    }

    private static uint Move(RegionWindow window, uint command, ulong source, ulong destination, uint length)
    {
        window.Write64(0x40, source);
        window.Write64(0x48, destination);
        window.Write32(0x50, length);
        window.Write32(0x54, command);
        return window.Read32(0x58);
    }

    private class SilentFunction(IReadOnlyList<FunctionBar> bars, MsixTable? msix) : PciFunction(new PciIdentity(1, 2, new ClassCode(0)), bars, msix)
    {
        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => destination.Clear();

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
        {
        }
    }

    private sealed class MemoryFunction() : SilentFunction([FunctionBar.Shared(2, 0x1000)], null);

    private sealed class ThreadedFunction() : SilentFunction([new FunctionBar(0, 0x1000)], new MsixTable(0, 1, 0, 0x800))
    {
        public int Works { get; private set; }

        public bool Throws { get; init; }

        public void Ask() => RequestWork();

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source) => RequestWork();

        protected override void DoWork(FunctionHost host)
        {
            if (Throws)
                throw new FormatException("This function's work always ends so.");
            Works++;
            host.SignalInterrupt(0);
        }
    }
}
