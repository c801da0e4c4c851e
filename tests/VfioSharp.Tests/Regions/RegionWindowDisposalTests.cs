using VfioSharp.Regions;

namespace VfioSharp.Tests.Regions;

public sealed class RegionWindowDisposalTests : IDisposable
{
    private const int Threads = 4;
    private readonly SharedMemory _memory = new();

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Every_access_after_disposal_throws()
    {
        var window = _memory.Open();
        window.Dispose();
        window.Dispose();

        Assert.Throws<ObjectDisposedException>(() => window.Read8(0));
        Assert.Throws<ObjectDisposedException>(() => window.Read16(0));
        Assert.Throws<ObjectDisposedException>(() => window.Read32(0));
        Assert.Throws<ObjectDisposedException>(() => window.Read64(0));
        Assert.Throws<ObjectDisposedException>(() => window.Write8(0, 0));
        Assert.Throws<ObjectDisposedException>(() => window.Write16(0, 0));
        Assert.Throws<ObjectDisposedException>(() => window.Write32(0, 0));
        Assert.Throws<ObjectDisposedException>(() => window.Write64(0, 0));
        Assert.Throws<ObjectDisposedException>(() => window.ReadBlock(0, new byte[8], 4));
        Assert.Throws<ObjectDisposedException>(() => window.WriteBlock(0, new byte[8], 4));
        Assert.Throws<ObjectDisposedException>(() => window.Read32(ulong.MaxValue));
        Assert.Equal(0, window.FaultCount);
    }

    [Fact]
    public void A_mapping_that_goes_under_its_window_ends_accesses_in_the_same_way()
    {
        var mapping = _memory.Map();
        using var window = RegionWindow.OverMapping(SharedMemory.Describe(AccessPath.LoadStore, 0, 4096), mapping, 0);
        mapping.Dispose();

        Assert.Throws<ObjectDisposedException>(() => window.Read32(0));
        Assert.Throws<ObjectDisposedException>(() => window.Write64(0, 1));
        Assert.Equal(0, window.FaultCount);
    }

    [Fact]
    public void Threads_that_access_a_window_while_another_disposes_it_end_with_ObjectDisposedException()
    {
        for (var round = 0; round < 400; round++)
        {
            var window = _memory.Open();
            var outcomes = new Exception?[Threads];
            using var start = new Barrier(Threads + 1);
            var threads = Enumerable.Range(0, Threads).Select(kind => new Thread(() =>
            {
                start.SignalAndWait();
                outcomes[kind] = Record.Exception(() => AccessForever(window, kind));
            })).ToArray();
            foreach (var thread in threads)
                thread.Start();

            start.SignalAndWait(TestContext.Current.CancellationToken);
            Thread.SpinWait(round * 20);
            window.Dispose();
            foreach (var thread in threads)
                thread.Join();
            Assert.All(outcomes, outcome => Assert.IsType<ObjectDisposedException>(outcome));
            Assert.Equal(0, window.FaultCount);
        }
    }

    private static void AccessForever(RegionWindow window, int kind)
    {
        var block = new byte[64];
        for (; ; )
        {
            switch (kind)
            {
                case 0:
                    Assert.NotEqual(ulong.MaxValue, window.Read64(8));
                    break;
                case 1:
                    window.Write32(8, 7);
                    break;
                case 2:
                    window.ReadBlock(64, block, 2);
                    break;
                default:
                    window.WriteBlock(128, block, 8);
                    break;
            }
        }
    }
}
