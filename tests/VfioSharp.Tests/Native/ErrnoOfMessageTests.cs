using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Tests.Native;

/// <summary>Calls for messages are made without a stub that takes errno, which then has to outlive what the runtime does on the way back.</summary>
public sealed class ErrnoOfMessageTests
{
    [Fact]
    public unsafe void The_error_of_a_call_outlives_garbage_collections_that_stop_its_thread()
    {
        var (first, second) = UnixSocket.CreatePair();
        using var own = first;
        using var peer = second;
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var collector = new Thread(() =>
        {
            while (!end.IsCancellationRequested)
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        });
        collector.Start();

        var buffer = stackalloc byte[16];
        var vector = new Libc.IoVector { Start = buffer, Length = 16 };
        var collections = GC.CollectionCount(0);
        try
        {
            while (!end.IsCancellationRequested)
            {
                var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1 };
                Assert.Equal(-1, Libc.recvmsg(own.Number, &message, Libc.MSG_DONTWAIT));
                Assert.Equal(Errno.EAGAIN, Libc.ErrnoOfMessage);
            }
        }
        finally
        {
            end.Cancel();
            collector.Join();
        }

        Assert.True(GC.CollectionCount(0) - collections > 10);
    }
}
