using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using VfioSharp.Backends;

namespace VfioSharp.Dma;

/// <summary>
/// The I/O address space of a device, or of several that share one: what is mapped here can be reached by all of them. It belongs to
/// the devices, and ends, with every mapping in it, when the last of them is closed. Thread-safe; mapping and unmapping take turns.
/// </summary>
public sealed partial class DmaSpace
{
    private readonly object _lock = new();
    private readonly DmaBackend _backend;
    private readonly ILogger _logger;
    private readonly ExtentTree<DmaMapping> _mappings = new();
    private IovaAllocator? _allocator;
    private PageSizeSet _pageSizes;
    private int _references = 1;

    /// <summary>Takes over an address space, with one reference for the device that it was opened for.</summary>
    internal DmaSpace(DmaBackend backend, ILogger? logger = null)
    {
        _backend = backend;
        _logger = logger ?? NullLogger.Instance;
    }

    /// <summary>The page sizes of the I/O page tables.</summary>
    /// <exception cref="ObjectDisposedException">The last device is closed.</exception>
    /// <exception cref="VfioException">The backend does not answer.</exception>
    public PageSizeSet PageSizes
    {
        get
        {
            lock (_lock)
            {
                ThrowIfReleased();
                return ReadPageSizes();
            }
        }
    }

    /// <summary>
    /// The IOVAs that can be mapped, ascending: those of the I/O page tables, within the DMA window of every device of the space and
    /// without what is reserved. What is mapped already is among them.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The last device is closed.</exception>
    /// <exception cref="VfioException">The backend does not answer.</exception>
    public IReadOnlyList<IovaRange> Ranges
    {
        get
        {
            lock (_lock)
            {
                ThrowIfReleased();
                return ReadRanges();
            }
        }
    }

    /// <summary>How many more mappings can be made, or null where there is no such limit or the backend does not tell.</summary>
    /// <exception cref="ObjectDisposedException">The last device is closed.</exception>
    /// <exception cref="VfioException">The backend does not answer.</exception>
    public uint? AvailableMappings
    {
        get
        {
            lock (_lock)
            {
                ThrowIfReleased();
                return _backend.GetAvailableMappings();
            }
        }
    }

    /// <summary>How many mappings stand.</summary>
    public int MappingCount
    {
        get
        {
            lock (_lock)
                return _mappings.Count;
        }
    }

    /// <summary>The backend, for a device that joins.</summary>
    internal DmaBackend Backend => _backend;

    /// <summary>
    /// Counts a device that joins. Called after it is attached: a device brings reserved ranges of its own, so that what can be mapped is
    /// asked again before the next mapping.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The last device is closed.</exception>
    internal void AddReference()
    {
        lock (_lock)
        {
            ThrowIfReleased();
            _references++;
            _isStale = true;
        }
    }

    /// <summary>
    /// Counts a device that leaves. Called after its descriptors are closed, so that nothing reaches memory any more; the last one ends
    /// the address space, and only then the memory behind its mappings is given back.
    /// </summary>
    /// <param name="limits">What <see cref="Confine"/> was given for the device; null where it was not called.</param>
    internal void Release(DmaLimits? limits = null)
    {
        lock (_lock)
        {
            ThrowIfReleased();
            _isStale = true;
            var position = _limits.FindIndex(device => ReferenceEquals(device.Limits, limits));
            if (position >= 0)
                _limits.RemoveAt(position);
            if (--_references > 0)
                return;
            _backend.Dispose();
            EndAll(_mappings.FindIntersecting(0, ulong.MaxValue));
        }
    }

    private void ThrowIfReleased() => ObjectDisposedException.ThrowIf(_references == 0, this);
}
