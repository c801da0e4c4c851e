using System.Diagnostics.Metrics;
using VfioSharp.Dma;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Dma;

public sealed class DmaMetricsTests
{
    [Fact]
    public void Mappings_that_stand_are_counted_however_they_end()
    {
        long standing = 0;
        // Instruments are shared by the process: only what this thread does counts here.
        var thread = Environment.CurrentManagedThreadId;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is { Meter.Name: "VfioSharp", Name: "vfio.mappings" })
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, change, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread && tags.Contains(new KeyValuePair<string, object?>("kind", "dma")))
                standing += change;
        });
        listener.Start();

        var backend = new RecordingDmaBackend();
        var space = new DmaSpace(backend);
        var mappings = Enumerable.Range(0, 5).Select(_ => space.MapMemory(0x10000, 4096)).ToArray();
        Assert.Equal(5, standing);
        backend.NextError = Errno.ENOMEM;
        Assert.Throws<VfioException>(() => space.MapMemory(0x10000, 4096));
        Assert.Equal(5, standing);
        mappings[0].Dispose();
        mappings[0].Dispose();
        Assert.Equal(4, standing);
        space.UnmapRange(mappings[1].Iova, 4096);
        Assert.Equal(3, standing);
        space.Release();
        Assert.Equal(0, standing);
        mappings[4].Dispose();
        Assert.Equal(0, standing);
    }
}
