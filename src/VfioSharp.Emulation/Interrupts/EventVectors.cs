using VfioSharp.Native;

namespace VfioSharp.Emulation.Interrupts;

/// <summary>
/// The eventfds of one interrupt index, which it owns, and which of them the other side holds back. One call at a time.
/// </summary>
internal sealed unsafe class EventVectors(int count)
{
    private readonly FileDescriptor?[] _events = new FileDescriptor?[count];
    private readonly bool[] _masked = new bool[count];
    private readonly bool[] _pending = new bool[count];

    /// <summary>How many vectors there are.</summary>
    public int Count => _events.Length;

    /// <summary>How many were asked for when the index was switched on.</summary>
    public int SwitchedOn { get; set; }

    /// <summary>Whether a descriptor is one of eventfd(2): a write to any other could block, or end up anywhere.</summary>
    public static bool IsEventFd(FileDescriptor descriptor)
    {
        var held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            var name = stackalloc byte[64];
            var length = Libc.readlink($"/proc/self/fd/{descriptor.Number}", name, 64);
            // Without proc nothing is known; then a write tells.
            return length < 0 || new ReadOnlySpan<byte>(name, (int)length).SequenceEqual("anon_inode:[eventfd]"u8);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>Whether a vector has an eventfd.</summary>
    public bool IsConnected(int vector) => _events[vector] is not null;

    /// <summary>Whether a vector is held back.</summary>
    public bool IsMasked(int vector) => _masked[vector];

    /// <summary>Holds a vector back, or lets it through.</summary>
    public void SetMask(int vector, bool isMasked) => _masked[vector] = isMasked;

    /// <summary>Whether a vector has an interrupt that was held back.</summary>
    public bool IsPending(int vector) => _pending[vector];

    /// <summary>Notes, or forgets, an interrupt that is held back.</summary>
    public void SetPending(int vector, bool isPending) => _pending[vector] = isPending;

    /// <summary>Puts an eventfd, or none, in the place of what is there.</summary>
    public void Connect(int vector, FileDescriptor? descriptor)
    {
        _events[vector]?.Dispose();
        _events[vector] = descriptor;
    }

    /// <summary>Closes every eventfd, takes every mask away and forgets what was held back.</summary>
    public void DisconnectAll()
    {
        for (var vector = 0; vector < Count; vector++)
            Connect(vector, null);
        Array.Clear(_masked, 0, _masked.Length);
        Array.Clear(_pending, 0, _pending.Length);
        SwitchedOn = 0;
    }

    /// <summary>
    /// Adds one to a vector's eventfd. A counter that has no room is left as it is, since whoever waits has enough to wake up for; asked first, so
    /// that an eventfd that blocks does not.
    /// </summary>
    public void Fire(int vector)
    {
        if (_events[vector] is not { } descriptor)
            return;
        var poll = new Libc.PollDescriptor { Descriptor = descriptor.Number, Events = Libc.POLLOUT };
        if (Libc.poll(&poll, 1, 0) != 1 || (poll.ReturnedEvents & Libc.POLLOUT) == 0)
            return;
        ulong one = 1;
        while (Libc.write(descriptor.Number, &one, sizeof(ulong)) < 0 && Libc.LastErrno == Errno.EINTR)
        {
            // A signal handler ran.
        }
    }
}
