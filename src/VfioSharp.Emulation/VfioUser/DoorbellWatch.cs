using System.Buffers.Binary;
using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>
/// The events by which writes to doorbells come: an eventfd for each, a file in which the values of those lie that need one, and a thread that
/// makes accesses of them. Nothing of it is there until a client asks. It owns all of it.
/// </summary>
internal sealed unsafe class DoorbellWatch(ServedFunction served, FunctionGate gate) : IDisposable
{
    private const int ShadowLengthInBytes = 4096;

    private readonly Doorbell[] _doorbells = served.Function is IHasDoorbells { Doorbells: var doorbells }
        ? doorbells.Where(doorbell => IsWithin(served.Function, doorbell)).Take(ShadowLengthInBytes / sizeof(ulong)).ToArray()
        : [];

    private EventFd[] _events = [];
    private EventFd? _stop;
    private FileDescriptor? _shadow;
    private Thread? _thread;

    /// <summary>The doorbells.</summary>
    public ReadOnlySpan<Doorbell> Doorbells => _doorbells;

    /// <summary>The file with the values; once <see cref="Start"/> was called.</summary>
    public FileDescriptor Shadow => _shadow!;

    /// <summary>Where the value of a doorbell lies in the file.</summary>
    public static ulong GetShadowOffset(int doorbell) => (ulong)(doorbell * sizeof(ulong));

    /// <summary>The eventfd of a doorbell; once <see cref="Start"/> was called.</summary>
    public FileDescriptor GetEvent(int doorbell) => _events[doorbell].Descriptor;

    /// <summary>Begins to watch, unless it does.</summary>
    /// <exception cref="VfioException">No descriptor is left, or no memory.</exception>
    public void Start()
    {
        if (_thread is not null)
            return;
        var events = new List<EventFd>(_doorbells.Length);
        EventFd? stop = null;
        FileDescriptor? shadow = null;
        try
        {
            stop = EventFd.Create();
            shadow = MakeShadow();
            foreach (var _ in _doorbells)
                events.Add(EventFd.Create());
        }
        catch
        {
            events.ForEach(e => e.Dispose());
            stop?.Dispose();
            shadow?.Dispose();
            throw;
        }

        (_events, _stop, _shadow) = ([.. events], stop, shadow);
        _thread = new Thread(Watch) { IsBackground = true, Name = "vfio-user doorbells" };
        _thread.UnsafeStart();
    }

    /// <summary>Ends the thread, after the access that it makes; not from within the gate.</summary>
    public void Dispose()
    {
        if (_thread is null)
            return;
        _stop!.Signal();
        foreach (var e in _events)
            WakeUp(e.Descriptor);
        _thread.Join();
        foreach (var e in _events)
            e.Dispose();
        _stop.Dispose();
        _shadow!.Dispose();
    }

    private static bool IsWithin(PciFunction function, Doorbell doorbell) => function.FindBar(doorbell.Bar) is { } bar
        && doorbell.Offset < bar.LengthInBytes && (ulong)doorbell.WidthInBytes <= bar.LengthInBytes - doorbell.Offset;

    // A client shares the eventfd, and may have made it one that blocks.
    private static void WakeUp(FileDescriptor eventFd)
    {
        var poll = new Libc.PollDescriptor { Descriptor = eventFd.Number, Events = Libc.POLLOUT };
        ulong one = 1;
        if (Libc.poll(&poll, 1, 0) == 1)
            _ = Libc.write(eventFd, &one, sizeof(ulong));
    }

    // Sealed, so that a client cannot cut it short, nor let it grow.
    private static FileDescriptor MakeShadow()
    {
        var file = Libc.memfd_create("vfiosharp-doorbells", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        if (!file.IsInvalid && Libc.ftruncate(file, ShadowLengthInBytes) == 0
            && Libc.fcntl(file, Libc.F_ADD_SEALS, Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL) == 0)
        {
            return file;
        }

        var errno = Libc.LastErrno;
        file.Dispose();
        throw new VfioException("make memory for the values of doorbells", null, errno, EventFd.DescriptorAdvice(errno));
    }

    private void Watch()
    {
        var polls = new Libc.PollDescriptor[_events.Length + 1];
        for (var i = 0; i < _events.Length; i++)
            polls[i] = new Libc.PollDescriptor { Descriptor = _events[i].Descriptor.Number, Events = Libc.POLLIN };
        polls[^1] = new Libc.PollDescriptor { Descriptor = _stop!.Descriptor.Number, Events = Libc.POLLIN };
        while (true)
        {
            fixed (Libc.PollDescriptor* start = polls)
            {
                if (Libc.poll(start, (nuint)polls.Length, -1) < 0)
                    continue;
            }

            if (polls[^1].ReturnedEvents != 0)
                return;
            for (var i = 0; i < _events.Length; i++)
            {
                if (polls[i].ReturnedEvents != 0 && _events[i].TryTake(out _) && !_stop.IsSignalled())
                    Ring(i);
            }
        }
    }

    private void Ring(int index)
    {
        var doorbell = _doorbells[index];
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        if (doorbell.Value is { } value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        }
        else if (doorbell.KeepsValue)
        {
            // The bytes are in memory order, as in any access.
            fixed (byte* start = bytes)
                _ = Libc.pread(_shadow!, start, (nuint)doorbell.WidthInBytes, (long)GetShadowOffset(index));
        }

        gate.Enter();
        try
        {
            served.Function.WriteBar(doorbell.Bar, doorbell.Offset, bytes[..doorbell.WidthInBytes]);
        }
        catch (Exception exception)
        {
            served.ReportFault(exception, nameof(Doorbell));
        }
        finally
        {
            gate.Exit();
        }

        gate.RunWork();
    }
}
