using System.Diagnostics.Metrics;
using VfioSharp.Regions;

namespace VfioSharp.Tests.Regions;

public sealed class RegionWindowCostTests : IDisposable
{
    private readonly SharedMemory _memory = new();

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void An_access_allocates_nothing_nor_does_a_recovered_fault()
    {
        using var window = _memory.Open();
        Span<byte> block = stackalloc byte[64];
        AccessOften(window, block, 100);
        Assert.Equal(0, BytesAllocatedBy(window, block, 10_000));

        _memory.Resize(0);
        AccessOften(window, block, 1);
        Assert.Equal(0, BytesAllocatedBy(window, block, 100));
        Assert.Equal(101 * 56, window.FaultCount);
    }

    [Fact]
    public void Accesses_and_faults_are_counted_by_path_while_somebody_listens()
    {
        // Other tests run beside this one; what this thread does is its own.
        var thread = Environment.CurrentManagedThreadId;
        var counts = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "VfioSharp" && instrument.Name is "vfio.accesses" or "vfio.faults")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread)
                counts[$"{instrument.Name} {tags[0].Value}"] = counts.GetValueOrDefault($"{instrument.Name} {tags[0].Value}") + value;
        });
        listener.Start();

        using var window = _memory.Open();
        window.Write32(0, 5);
        Assert.Equal(5u, window.Read32(0));
        window.ReadBlock(0, new byte[32], 4);
        _memory.Resize(0);
        Assert.Equal(0xff, window.Read8(0));

        Assert.Equal(11, counts["vfio.accesses LoadStore"]);
        Assert.Equal(1, counts["vfio.faults LoadStore"]);
    }

    private static long BytesAllocatedBy(RegionWindow window, Span<byte> block, int times)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        AccessOften(window, block, times);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    // 8 single accesses and 48 elements of blocks.
    private static void AccessOften(RegionWindow window, Span<byte> block, int times)
    {
        for (var i = 0; i < times; i++)
        {
            window.Write8(0, window.Read8(0));
            window.Write16(0, window.Read16(0));
            window.Write32(0, window.Read32(0));
            window.Write64(0, window.Read64(0));
            window.ReadBlock(64, block, 4);
            window.WriteBlock(64, block, 2);
        }
    }
}
