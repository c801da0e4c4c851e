using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>
/// Memory decoding off, the way in which a BAR vanishes under a program: the kernel raises SIGBUS at the instruction, and the routine recovers it.
/// Explicit: see <see cref="MioGuest"/>. <see cref="FaultTests"/> run in the same guest.
/// </summary>
public sealed class MioDecodingTests
{
    private const int Accesses = 1000;
    private const int Threads = 3;
    private static readonly int[] Widths = [1, 2, 4, 8];

    [Fact(Explicit = true)]
    public void A_thousand_loads_of_each_width_are_all_ones_and_counted_exactly()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var window = device.Regions[RegionIndex.Bar2].Open();
        window.Write64(0, 0x0123_4567_89ab_cdef);
        device.Config.DisableMemory();
        foreach (var width in Widths)
        {
            for (var i = 0; i < Accesses; i++)
                Assert.Equal(MioGuest.AllOnes(width), RegisterAccess.Read(window, 0, width));
        }

        Assert.Equal(4 * Accesses, window.FaultCount);
        device.Config.EnableMemory();
        Assert.Equal(0x0123_4567_89ab_cdefu, window.Read64(0));
        Assert.Equal(4 * Accesses, window.FaultCount);
    }

    [Fact(Explicit = true)]
    public void A_thousand_stores_of_each_width_and_block_stores_are_dropped_and_counted_exactly()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var window = device.Regions[RegionIndex.Bar2].Open();
        var before = new byte[128];
        new Random(1).NextBytes(before);
        window.WriteBlock(0, before.AsSpan());
        device.Config.DisableMemory();
        for (var i = 0; i < Accesses; i++)
        {
            foreach (var width in Widths)
                RegisterAccess.Write(window, 0, 0, width);
            window.WriteBlock(0, new byte[128]);
        }

        Assert.Equal(5 * Accesses, window.FaultCount);
        device.Config.EnableMemory();
        Assert.Equal(before, MioGuest.Bytes(window, 0, before.Length));
    }

    // Nothing of it was touched, so that the kernel has to be asked for the page: it has none to give.
    [Fact(Explicit = true)]
    public void A_window_that_is_opened_while_decoding_is_off_works_once_it_is_on()
    {
        using var device = Guest.Open(MioGuest.Memory);
        device.Config.DisableMemory();
        using var window = device.Regions[RegionIndex.Bar2].Open();
        Assert.Equal(AccessPath.MioInstruction, window.Plan.Path);
        for (var i = 0; i < Accesses; i++)
            Assert.Equal(uint.MaxValue, window.Read32(0));
        Assert.Equal(Accesses, window.FaultCount);
        device.Config.EnableMemory();
        window.Write32(0, 0x1234_5678);
        Assert.Equal(0x1234_5678u, window.Read32(0));
        Assert.Equal(Accesses, window.FaultCount);
    }

    [Fact(Explicit = true)]
    public void A_window_that_throws_names_the_signal_and_the_cause()
    {
        using var device = Guest.Open(MioGuest.Memory);
        using var window = MioGuest.OpenMemory(device);
        device.Config.DisableMemory();
        foreach (var failed in (DeviceAccessException[])
        [
            Assert.Throws<DeviceAccessException>(() => window.Read32(0)),
            Assert.Throws<DeviceAccessException>(() => window.Write8(0, 1)),
            Assert.Throws<DeviceAccessException>(() => window.WriteBlock(0, new byte[16])),
        ])
        {
            Assert.Equal((AccessFaultKind.Signal, Libc.SIGBUS), (failed.Outcome.Kind, failed.Outcome.Code));
            Assert.Contains("memory decoding is off", failed.Message, StringComparison.Ordinal);
        }

        device.Config.EnableMemory();
        window.Write32(0, 7);
        Assert.Equal(7u, window.Read32(0));
    }

    // Several threads fault at the same time, and the garbage collector stops them in between.
    [Fact(Explicit = true)]
    public async Task Threads_that_fault_together_get_the_register_or_a_counted_all_ones()
    {
        const uint Value = 0x600d_600d;
        using var device = Guest.Open(MioGuest.Memory);
        using var window = device.Regions[RegionIndex.Bar2].Open();
        window.Write32(0, Value);
        var isDone = false;
        var readers = Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            var (reads, allOnes, others) = (0L, 0L, 0L);
            while (!Volatile.Read(ref isDone) || reads < Accesses)
            {
                var value = window.Read32(0);
                reads++;
                if (value == uint.MaxValue)
                    allOnes++;
                else if (value != Value)
                    others++;
            }

            return (AllOnes: allOnes, Others: others);
        })).ToArray();

        for (var i = 0; i < 20; i++)
        {
            device.Config.DisableMemory();
            GC.Collect();
            await Task.Delay(5);
            device.Config.EnableMemory();
            await Task.Delay(5);
        }

        Volatile.Write(ref isDone, true);
        var results = await Task.WhenAll(readers);
        Assert.Equal(0, results.Sum(result => result.Others));
        Assert.NotEqual(0, results.Sum(result => result.AllOnes));
        Assert.Equal(results.Sum(result => result.AllOnes), window.FaultCount);
        Assert.Equal(Value, window.Read32(0));
    }
}
