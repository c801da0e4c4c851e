using System.Runtime.InteropServices;
using VfioSharp.Backends;
using VfioSharp.Interrupts;
using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.Tests.Fakes;

/// <summary>
/// A device that has interrupts and nothing else. It keeps the rules of Linux' vfio-pci for VFIO_DEVICE_SET_IRQS, EINVAL and all, and
/// holds a duplicate of each eventfd, as the kernel holds a reference, so that it may signal one whose owner has closed it.
/// </summary>
internal sealed class InterruptBackend : DeviceBackend
{
    private const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC

    private readonly object _gate = new();
    private readonly Dictionary<(InterruptIndex Index, int Vector), FileDescriptor> _connected = [];
    private readonly Dictionary<InterruptIndex, int> _enabled = [];
    private FileDescriptor? _resample;
    private bool _lineIsUp;
    private bool _lineIsMasked;

    public Dictionary<InterruptIndex, InterruptDescription> Descriptions { get; } = new()
    {
        [InterruptIndex.Intx] = new(InterruptIndex.Intx, InterruptFlags.EventFd | InterruptFlags.Maskable | InterruptFlags.AutoMasked, 1),
        [InterruptIndex.Msi] = new(InterruptIndex.Msi, InterruptFlags.EventFd | InterruptFlags.NoResize, 32),
        [InterruptIndex.Msix] = new(InterruptIndex.Msix, InterruptFlags.EventFd, 2048),
        [InterruptIndex.Error] = new(InterruptIndex.Error, InterruptFlags.EventFd | InterruptFlags.NoResize, 1),
        [InterruptIndex.Request] = new(InterruptIndex.Request, InterruptFlags.EventFd | InterruptFlags.NoResize, 1),
    };

    /// <summary>Each request as text, in order: "connect Msix Trigger 0 x4".</summary>
    public List<string> Requests { get; } = [];

    /// <summary>When set, every request is refused with it.</summary>
    public Errno Refusal { get; set; }

    public bool IsMasked
    {
        get
        {
            lock (_gate)
                return _lineIsMasked;
        }
    }

    public override string Name => "fake";

    public override DmaBackend Dma => throw new NotSupportedException();

    /// <summary>The device fires a vector. Where it is not connected, nothing happens, as in hardware.</summary>
    public void Fire(InterruptIndex index, int vector = 0)
    {
        lock (_gate)
        {
            if (_connected.TryGetValue((index, vector), out var descriptor))
                Add(descriptor);
        }
    }

    /// <summary>The device raises its line, or lowers it.</summary>
    public void SetLine(bool up)
    {
        lock (_gate)
        {
            _lineIsUp = up;
            Deliver();
        }
    }

    /// <summary>What the kernel does when the resample event is signalled.</summary>
    /// <returns>Whether it was.</returns>
    public unsafe bool ServeResample()
    {
        lock (_gate)
        {
            ulong count;
            if (_resample is null || Libc.read(_resample, &count, sizeof(ulong)) != sizeof(ulong))
                return false;
            _lineIsMasked = false;
            Deliver();
            return true;
        }
    }

    public override InterruptDescription DescribeInterrupt(InterruptIndex index) => Descriptions[index];

    public override void ConnectInterrupts(InterruptIndex index, InterruptAction action, int start, ReadOnlySpan<int> eventFds)
    {
        lock (_gate)
        {
            Accept($"connect {index} {action} {start} x{eventFds.Length}{(eventFds[0] < 0 ? " off" : "")}");
            if (action != InterruptAction.Trigger)
            {
                RefuseUnless(index == InterruptIndex.Intx && _enabled.ContainsKey(index) && eventFds.Length == 1);
                _resample?.Dispose();
                _resample = eventFds[0] < 0 ? null : Duplicate(eventFds[0]);
                return;
            }

            RefuseUnless(start >= 0 && start + eventFds.Length <= Descriptions[index].Count);
            if (index <= InterruptIndex.Msix)
            {
                RefuseUnless(!_enabled.Keys.Any(other => other <= InterruptIndex.Msix && other != index));
                var grows = _enabled.TryGetValue(index, out var limit) && start + eventFds.Length > limit;
                RefuseUnless(!grows || (Descriptions[index].Flags & InterruptFlags.NoResize) == 0);
                _enabled[index] = Math.Max(limit, start + eventFds.Length);
            }

            for (var position = 0; position < eventFds.Length; position++)
            {
                if (_connected.Remove((index, start + position), out var former))
                    former.Dispose();
                if (eventFds[position] >= 0)
                    _connected.Add((index, start + position), Duplicate(eventFds[position]));
            }
        }
    }

    public override void ApplyInterruptAction(InterruptIndex index, InterruptAction action, int start, int count)
    {
        lock (_gate)
        {
            Accept($"apply {index} {action} {start} x{count}");
            RefuseUnless(_connected.ContainsKey((index, start)));
            if (action == InterruptAction.Trigger)
            {
                for (var vector = start; vector < start + count; vector++)
                    Add(_connected[(index, vector)]);
                return;
            }

            RefuseUnless(index == InterruptIndex.Intx);
            _lineIsMasked = action == InterruptAction.Mask;
            Deliver();
        }
    }

    public override void DisableInterrupts(InterruptIndex index)
    {
        lock (_gate)
        {
            Accept($"disable {index}");
            RefuseUnless(_enabled.ContainsKey(index) || _connected.ContainsKey((index, 0)));
            Release(index);
        }
    }

    public override DeviceDescription Describe() => throw new NotSupportedException();

    public override RegionDescription DescribeRegion(int index) => throw new NotSupportedException();

    public override Errno ReadRegion(RegionDescription region, ulong offset, Span<byte> destination) => throw new NotSupportedException();

    public override Errno WriteRegion(RegionDescription region, ulong offset, ReadOnlySpan<byte> source) => throw new NotSupportedException();

    public override DeviceMapping MapRegion(RegionDescription region, ulong offset, ulong lengthInBytes, MappingAccess access) =>
        throw new NotSupportedException();

    public override void Reset() => throw new NotSupportedException();

    public override HotResetDescription? DescribeHotReset() => throw new NotSupportedException();

    public override void HotReset() => throw new NotSupportedException();

    public override bool ProbeFeature(DeviceFeature feature, DeviceFeatureOperations operation) => throw new NotSupportedException();

    public override void SetFeature(DeviceFeature feature, ReadOnlySpan<byte> data) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            foreach (var index in Descriptions.Keys)
                Release(index);
        }
    }

    private static unsafe void Add(FileDescriptor descriptor)
    {
        ulong one = 1;
        Assert.Equal(sizeof(ulong), Libc.write(descriptor, &one, sizeof(ulong)));
    }

    private static FileDescriptor Duplicate(int descriptor)
    {
        var duplicate = fcntl(descriptor, DuplicateCloseOnExec, 0);
        Assert.True(duplicate >= 0, "The descriptor that was connected is not open.");
        return new FileDescriptor(duplicate);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int fcntl(int descriptor, int command, int argument);

    private void Release(InterruptIndex index)
    {
        _enabled.Remove(index);
        foreach (var key in _connected.Keys.Where(key => key.Index == index).ToArray())
        {
            _connected[key].Dispose();
            _connected.Remove(key);
        }

        if (index == InterruptIndex.Intx)
        {
            _resample?.Dispose();
            _resample = null;
            _lineIsMasked = false;
        }
    }

    // A level interrupt: it fires while the line is up and not masked, and masks itself as it does.
    private void Deliver()
    {
        if (!_lineIsUp || _lineIsMasked || !_connected.TryGetValue((InterruptIndex.Intx, 0), out var descriptor))
            return;
        _lineIsMasked = true;
        Add(descriptor);
    }

    private void Accept(string request)
    {
        Requests.Add(request);
        if (Refusal != Errno.None)
            throw new VfioException(request, null, Refusal);
    }

    private static void RefuseUnless(bool condition)
    {
        if (!condition)
            throw new VfioException("set interrupts", null, Errno.EINVAL);
    }
}
