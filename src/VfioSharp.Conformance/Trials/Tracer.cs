using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Native;

namespace VfioSharp.Conformance.Trials;

/// <summary>
/// A descriptor that tells when the last copy of it is closed: one end of a pair of sockets, of which the other one sees the end. So a suite learns
/// what a peer does with descriptors that it was sent.
/// </summary>
internal sealed unsafe class Tracer : IDisposable
{
    private const short Hangup = 0x10;

    private readonly UnixSocket _near;
    private readonly UnixSocket _far;

    public Tracer() => (_near, _far) = UnixSocket.CreatePair();

    /// <summary>The number to send.</summary>
    public int Number => _far.Descriptor.Number;

    /// <summary>Closes this process's own copy; those that were sent are left.</summary>
    public void CloseHere() => _far.Dispose();

    /// <summary>Waits until the last copy is closed.</summary>
    /// <returns>Whether it was in time.</returns>
    public bool WaitForClose(TimeSpan limit)
    {
        var poll = new Libc.PollDescriptor { Descriptor = _near.Descriptor.Number, Events = 0 };
        return Libc.poll(&poll, 1, (int)limit.TotalMilliseconds) > 0 && (poll.ReturnedEvents & Hangup) != 0;
    }

    public void Dispose()
    {
        _far.Dispose();
        _near.Dispose();
    }
}
