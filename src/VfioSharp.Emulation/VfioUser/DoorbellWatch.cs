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

    private readonly Doorbell[] _doorbells = [.. served.Doorbells.Take(ShadowLengthInBytes / sizeof(ulong))];

    private EventFd[] _events = [];
    private FileDescriptor? _shadow;
    private EventWatch? _watch;

    /// <summary>The doorbells.</summary>
    public ReadOnlySpan<Doorbell> Doorbells => _doorbells;

    /// <summary>The file with the values; once <see cref="Start"/> was called.</summary>
    public FileDescriptor Shadow => _shadow!;

    /// <summary>Where the value of a doorbell lies in the file.</summary>
    public static ulong GetShadowOffset(int doorbell) => (ulong)(doorbell * sizeof(ulong));

    /// <summary>The eventfd of a doorbell; once <see cref="Start"/> was called.</summary>
    public FileDescriptor GetEvent(int doorbell) => _events[doorbell].Descriptor;

    /// <summary>Begins to watch, unless it does. From within the gate.</summary>
    /// <exception cref="VfioException">No descriptor is left, or no memory.</exception>
    public void Start()
    {
        if (_watch is not null)
            return;
        var events = new List<EventFd>(_doorbells.Length);
        FileDescriptor? shadow = null;
        EventWatch? watch = null;
        try
        {
            shadow = MakeShadow();
            watch = EventWatch.Start("vfio-user doorbells", RingThem);
            for (var i = 0; i < _doorbells.Length; i++)
            {
                events.Add(EventFd.Create());
                watch.Add(events[i].Descriptor, i);
            }
        }
        catch
        {
            // Its thread has had nothing to go into the gate for.
            watch?.Dispose();
            events.ForEach(e => e.Dispose());
            shadow?.Dispose();
            throw;
        }

        (_events, _shadow, _watch) = ([.. events], shadow, watch);
    }

    /// <summary>
    /// Makes accesses of the events that have come, each doorbell's once at most. From within the gate; what the function wants to work for is left
    /// to be done.
    /// </summary>
    public void Ring()
    {
        for (var i = 0; i < _events.Length && _watch!.TryTake(out var doorbell); i++)
            Ring(doorbell);
    }

    /// <summary>Ends the thread, after the access that it makes; not from within the gate.</summary>
    public void Dispose()
    {
        _watch?.Dispose();
        foreach (var e in _events)
            e.Dispose();
        _shadow?.Dispose();
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

    private void RingThem()
    {
        using (gate.TakeTurn())
            Ring();
        gate.RunWork();
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

        try
        {
            served.Function.WriteBar(doorbell.Bar, doorbell.Offset, bytes[..doorbell.WidthInBytes]);
        }
        catch (Exception exception)
        {
            served.ReportFault(exception, nameof(Doorbell));
        }
    }
}
