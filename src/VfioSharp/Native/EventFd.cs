namespace VfioSharp.Native;

/// <summary>
/// Owns an eventfd: a 64-bit counter in the kernel that a write adds to, and that a read takes and sets to 0 (eventfd(2)). It is
/// non-blocking and closed on exec. All members may be called from any thread; after disposal they throw
/// <see cref="ObjectDisposedException"/>, while a call in progress keeps the descriptor open until it ends, so that its number cannot
/// come to mean another file.
/// </summary>
internal sealed unsafe class EventFd : IDisposable
{
    private readonly FileDescriptor _descriptor;

    private EventFd(FileDescriptor descriptor) => _descriptor = descriptor;

    /// <summary>The descriptor, which stays this object's own.</summary>
    public FileDescriptor Descriptor => _descriptor;

    /// <summary>Makes an eventfd whose counter is 0.</summary>
    /// <exception cref="VfioException">The kernel has no descriptor left for this process, or no memory.</exception>
    public static EventFd Create()
    {
        var descriptor = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (!descriptor.IsInvalid)
            return new EventFd(descriptor);
        var errno = Libc.LastErrno;
        descriptor.Dispose();
        throw new VfioException("create an eventfd", null, errno, DescriptorAdvice(errno));
    }

    /// <summary>What to do where no descriptor is left; null for other errors.</summary>
    public static string? DescriptorAdvice(Errno errno) => errno switch
    {
        Errno.EMFILE => "this process may not open more files; raise its limit with \"ulimit -n\" (RLIMIT_NOFILE).",
        Errno.ENFILE => "the system has no file left to open; raise fs.file-max with sysctl.",
        _ => null,
    };

    /// <summary>Takes the counter.</summary>
    /// <param name="count">The sum of what was written since the last time; 0 where there was nothing.</param>
    /// <returns>Whether it was above 0.</returns>
    /// <exception cref="VfioException">The read failed for another reason than an empty counter.</exception>
    public bool TryTake(out ulong count)
    {
        var held = false;
        try
        {
            _descriptor.DangerousAddRef(ref held);
            return TryTakeHeld(out count);
        }
        finally
        {
            if (held)
                _descriptor.DangerousRelease();
        }
    }

    /// <summary>
    /// Takes the counter as <see cref="TryTake(out ulong)"/> does, unless <paramref name="closed"/> is set; then puts back what makes
    /// the counter readable, so that every other waiter in poll(2) wakes up and sees the flag too.
    /// </summary>
    /// <returns>Whether something was taken; never true once the flag is set.</returns>
    public bool TryTake(ref bool closed, out ulong count)
    {
        var held = false;
        try
        {
            _descriptor.DangerousAddRef(ref held);
            if (!TryTakeHeld(out count))
                return false;
            if (!Volatile.Read(ref closed))
                return true;
            AddHeld();
            count = 0;
            return false;
        }
        finally
        {
            if (held)
                _descriptor.DangerousRelease();
        }
    }

    /// <summary>Adds one to the counter. A counter at its end stays there, readable as it is.</summary>
    /// <exception cref="VfioException">The write failed.</exception>
    public void Signal()
    {
        var held = false;
        try
        {
            _descriptor.DangerousAddRef(ref held);
            AddHeld();
        }
        finally
        {
            if (held)
                _descriptor.DangerousRelease();
        }
    }

    /// <summary>
    /// Blocks until the counter is above 0, a signal handler ran in this thread, or the time is over: the caller looks which by taking.
    /// </summary>
    /// <param name="timeoutInMilliseconds">How long; -1 for ever.</param>
    /// <exception cref="VfioException">poll(2) failed.</exception>
    public void Wait(int timeoutInMilliseconds)
    {
        var held = false;
        try
        {
            _descriptor.DangerousAddRef(ref held);
            var poll = new Libc.PollDescriptor { Descriptor = _descriptor.Number, Events = Libc.POLLIN };
            if (Libc.poll(&poll, 1, timeoutInMilliseconds) >= 0)
                return;
            var errno = Libc.LastErrno;
            if (errno != Errno.EINTR)
                throw new VfioException("wait for an eventfd", null, errno);
        }
        finally
        {
            if (held)
                _descriptor.DangerousRelease();
        }
    }

    /// <summary>Whether the counter is above 0, without taking it.</summary>
    /// <exception cref="VfioException">poll(2) failed.</exception>
    public bool IsSignalled()
    {
        var held = false;
        try
        {
            _descriptor.DangerousAddRef(ref held);
            while (true)
            {
                var poll = new Libc.PollDescriptor { Descriptor = _descriptor.Number, Events = Libc.POLLIN };
                var count = Libc.poll(&poll, 1, 0);
                if (count >= 0)
                    return count > 0;
                var errno = Libc.LastErrno;
                if (errno != Errno.EINTR)
                    throw new VfioException("look at an eventfd", null, errno);
            }
        }
        finally
        {
            if (held)
                _descriptor.DangerousRelease();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    private bool TryTakeHeld(out ulong count)
    {
        while (true)
        {
            ulong value;
            if (Libc.read(_descriptor.Number, &value, sizeof(ulong)) == sizeof(ulong))
            {
                count = value;
                return true;
            }

            var errno = Libc.LastErrno;
            if (errno == Errno.EAGAIN)
            {
                count = 0;
                return false;
            }

            if (errno != Errno.EINTR)
                throw new VfioException("read an eventfd", null, errno);
        }
    }

    private void AddHeld()
    {
        while (true)
        {
            ulong one = 1;
            if (Libc.write(_descriptor.Number, &one, sizeof(ulong)) == sizeof(ulong))
                return;
            var errno = Libc.LastErrno;
            if (errno == Errno.EAGAIN)
                return;
            if (errno != Errno.EINTR)
                throw new VfioException("write an eventfd", null, errno);
        }
    }
}
