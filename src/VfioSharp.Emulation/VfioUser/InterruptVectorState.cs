using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// One vector as a client has it: the eventfd that it wants written, whether it holds the vector back, and whether the vector fired meanwhile. It
/// owns the eventfd.
/// </summary>
/// <param name="masksItself">Whether it is held back from the moment that it fires until the client lets it through, as an interrupt line is.</param>
internal sealed unsafe class InterruptVectorState(bool masksItself) : IDisposable
{
    private FileDescriptor? _eventFd;
    private bool _mayBlock;

    /// <summary>Whether somebody listens.</summary>
    public bool IsConnected => _eventFd is not null;

    /// <summary>Whether the client holds it back.</summary>
    public bool IsMasked { get; private set; }

    /// <summary>Whether it fired while it was held back.</summary>
    public bool IsPending { get; private set; }

    /// <summary>
    /// Whether a descriptor can be used: an eventfd and nothing else. The kernel takes no other (drivers/vfio/pci/vfio_pci_intrs.c,
    /// eventfd_ctx_fdget), and a write to a pipe or a file of the client's could block, or do something.
    /// </summary>
    public static bool IsEventFd(FileDescriptor descriptor)
    {
        var name = "anon_inode:[eventfd]"u8;
        var buffer = stackalloc byte[name.Length + 1];
        var length = Libc.readlink($"/proc/self/fd/{descriptor.Number}", buffer, (nuint)name.Length + 1);
        GC.KeepAlive(descriptor);
        return length == name.Length && new ReadOnlySpan<byte>(buffer, name.Length).SequenceEqual(name);
    }

    /// <summary>Connects an eventfd, which belongs to this object from now on; null disconnects. What was held back before is forgotten.</summary>
    public void Connect(FileDescriptor? eventFd)
    {
        _eventFd?.Dispose();
        _eventFd = eventFd;
        _mayBlock = eventFd is not null && (Libc.fcntl(eventFd, Libc.F_GETFL, 0) & Libc.O_NONBLOCK) == 0;
        IsPending = false;
        IsMasked = false;
    }

    /// <summary>Fires the vector, or remembers that it did while it is held back.</summary>
    /// <returns><see cref="Errno.None"/>, also where nobody listens.</returns>
    public Errno Signal()
    {
        if (!IsConnected)
            return Errno.None;
        IsPending = IsMasked;
        if (IsMasked)
            return Errno.None;
        IsMasked = masksItself;
        return Write();
    }

    /// <summary>Writes the eventfd, held back or not, as a client asks for when it tries its own wiring.</summary>
    public Errno Write()
    {
        if (_eventFd is not { } eventFd)
            return Errno.None;
        if (_mayBlock)
        {
            // A client that leaves the counter at its end must not stop the server: it is readable as it is.
            var poll = new Libc.PollDescriptor { Descriptor = eventFd.Number, Events = Libc.POLLOUT };
            if (Libc.poll(&poll, 1, 0) == 0)
                return Errno.None;
        }

        ulong one = 1;
        while (Libc.write(eventFd, &one, sizeof(ulong)) != sizeof(ulong))
        {
            var errno = Libc.LastErrno;
            if (errno == Errno.EAGAIN)
                return Errno.None;
            if (errno != Errno.EINTR)
                return errno;
        }

        return Errno.None;
    }

    /// <summary>Holds the vector back.</summary>
    public void Mask() => IsMasked = true;

    /// <summary>Lets it through, and what came meanwhile, once.</summary>
    public Errno Unmask()
    {
        IsMasked = false;
        return IsPending ? Signal() : Errno.None;
    }

    /// <summary>Remembers that it fired.</summary>
    public void Remember() => IsPending = IsConnected;

    /// <summary>Forgets that it fired while it was held back.</summary>
    public void ForgetPending() => IsPending = false;

    /// <inheritdoc/>
    public void Dispose() => _eventFd?.Dispose();
}
