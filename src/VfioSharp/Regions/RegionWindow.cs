using VfioSharp.Diagnostics;
using VfioSharp.Mmio;

namespace VfioSharp.Regions;

/// <summary>
/// A part of a region whose registers can be read and written, by the way that its <see cref="Plan"/> names. Offsets count in bytes from
/// the window's start. An access is one access of exactly its width, made exactly once, in program order with the window's other accesses
/// of the same thread; it must be aligned to its width in the region. (A kernel may split 64 bit by <see cref="AccessPath.RegionFile"/>.) Registers
/// are little-endian; values are the host's.
/// </summary>
/// <remarks>
/// <para>An access that does not reach the device (memory decoding off, reset, error state, removal, an error number from the kernel) is counted and then
/// ends as <see cref="OnFault"/> says. Arguments are checked before anything is touched.</para>
/// <para>Order against ordinary memory, which a device reaches by DMA, is that of readl and writel: a register is written after everything
/// that the thread has read or written before, and memory is read after the register that was read before. Only a driver whose register
/// <em>read</em> makes the device look at memory needs a barrier of its own, <see cref="Interlocked.MemoryBarrier"/>, ahead of it.</para>
/// <para>Loads, stores and MIO instructions are machine code that is put into a page of its own when the first window is opened. A program may
/// forbid that with the AppContext switch "VfioSharp.Mmio.ForbidExecutablePages"; loads and stores are then not fault-guarded
/// (<see cref="AccessPlan.IsFaultGuarded"/>), and slower, and instead of MIO instructions there are system calls.</para>
/// <para>All members may be used from any thread at the same time. <see cref="Dispose"/> too: an access after it throws
/// <see cref="ObjectDisposedException"/>, and so does one that is under way when the mapping goes. A load or store that the device answers
/// late holds up a garbage collection for that time.</para>
/// </remarks>
public sealed unsafe partial class RegionWindow : IDisposable
{
    private readonly WindowDescription _about;
    private readonly DeviceMapping? _mapping;
    private readonly RegisterAccessor? _accessor;
    private readonly byte* _address;
    private readonly KeyValuePair<string, object?> _pathTag;
    private readonly bool _hidesErrors;
    private AccessLimits _loads;
    private AccessLimits _stores;
    private long _faultCount;
    private int _disposed;

    private RegionWindow(WindowDescription about, DeviceMapping? mapping, byte* address, RegisterAccessor? accessor)
    {
        _about = about;
        _mapping = mapping;
        _address = address;
        _accessor = accessor;
        _pathTag = VfioMetrics.Tag(about.Plan.Path);
        // The kernel's own accessors on IBM Z answer all ones for an access that failed, and pread hands that on as a success.
        _hidesErrors = about.Plan.Path == AccessPath.RegionFile && about.Host.IsIbmZ;

        // The hot path is for guarded loads and stores alone. Every other window has limits of 0 there and takes the way around.
        if (accessor is not null || !MmioSupport.IsGuarded)
            return;
        var limits = new AccessLimits(about.Area.LengthInBytes);
        _loads = CanRead ? limits : default;
        _stores = CanWrite ? limits : default;
    }

    /// <summary>The way in, and why not a faster one.</summary>
    public AccessPlan Plan => _about.Plan;

    /// <summary>The name of the region: "BAR0".</summary>
    public string RegionName => _about.RegionName;

    /// <summary>Where in the region the window begins.</summary>
    public ulong RegionOffset => _about.Area.Offset;

    /// <summary>How many bytes the window shows.</summary>
    public ulong LengthInBytes => _about.Area.LengthInBytes;

    /// <summary>Whether the region can be read.</summary>
    public bool CanRead => (_about.Flags & RegionFlags.Read) != 0;

    /// <summary>Whether the region can be written.</summary>
    public bool CanWrite => (_about.Flags & RegionFlags.Write) != 0;

    /// <summary>What happens when an access does not reach the device.</summary>
    public OnFault OnFault => _about.OnFault;

    /// <summary>How many accesses have not reached the device since the window was opened; exact, whatever <see cref="OnFault"/> says.</summary>
    public long FaultCount => Interlocked.Read(ref _faultCount);

    /// <summary>
    /// Where the window's first byte is mapped in this process, for the kernel to look up the pages behind it; null where the window is
    /// not mapped or closed. Nobody but the routines of Mmio may touch what is there.
    /// </summary>
    internal nuint? MappedAddress => _mapping is not null && !IsClosed ? (nuint)_address : null;

    /// <summary>A window on a mapping, by loads and stores.</summary>
    /// <param name="about">What the window is.</param>
    /// <param name="mapping">The mapping, which the window owns from now on. It allows what the region's flags offer.</param>
    /// <param name="mappingOffset">Where in the mapping the window begins: as far behind a multiple of 8 as in the region.</param>
    /// <returns>The window.</returns>
    internal static RegionWindow OverMapping(WindowDescription about, DeviceMapping mapping, ulong mappingOffset)
    {
        CheckMapping(about, mapping, mappingOffset);
        if (!MmioSupport.HasLoadStore)
            throw new PlatformNotSupportedException(MmioSupport.Description);
        // Another backend's address may mean nothing here, or something else.
        if (mapping is not PageMapping pages)
            throw new ArgumentException("The mapping is not one of this process's pages, which loads and stores reach.", nameof(mapping));
        return new RegionWindow(about, mapping, pages.Start + mappingOffset, null);
    }

    /// <summary>A window on a mapping that something else than loads and stores reaches.</summary>
    /// <param name="about">What the window is.</param>
    /// <param name="mapping">The mapping, which the window owns from now on. It allows what the region's flags offer.</param>
    /// <param name="mappingOffset">Where in the mapping the window begins: as far behind a multiple of 8 as in the region.</param>
    /// <param name="accessor">The way in, over the same mapping.</param>
    /// <returns>The window.</returns>
    internal static RegionWindow OverMapping(WindowDescription about, DeviceMapping mapping, ulong mappingOffset, RegisterAccessor accessor)
    {
        CheckMapping(about, mapping, mappingOffset);
        return new RegionWindow(about, mapping, (byte*)(mapping.Address + (nuint)mappingOffset), accessor);
    }

    /// <summary>A window without a mapping.</summary>
    /// <param name="about">What the window is.</param>
    /// <param name="accessor">The way in. The window owns it: where it is <see cref="IDisposable"/>, it is disposed with the window.</param>
    /// <returns>The window.</returns>
    internal static RegionWindow OverAccessor(WindowDescription about, RegisterAccessor accessor) => new(about, null, null, accessor);

    private static void CheckMapping(WindowDescription about, DeviceMapping mapping, ulong mappingOffset)
    {
        if (!new RegionArea(0, mapping.LengthInBytes).Contains(mappingOffset, about.Area.LengthInBytes))
            throw new ArgumentOutOfRangeException(nameof(mappingOffset), mappingOffset, "The window reaches beyond its mapping.");
        if (((mappingOffset ^ about.Area.Offset) & 7) != 0)
            throw new ArgumentOutOfRangeException(nameof(mappingOffset), mappingOffset, "What is aligned in the region is not in the mapping.");
        if ((Needed(about.Flags) & ~mapping.Access) != 0)
            throw new ArgumentException("The mapping does not allow what the region offers.", nameof(mapping));
    }

    private static MappingAccess Needed(RegionFlags flags) =>
        ((flags & RegionFlags.Read) != 0 ? MappingAccess.Read : 0) | ((flags & RegionFlags.Write) != 0 ? MappingAccess.Write : 0);

    /// <summary>Closes the window. A second call does nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;

        // From here on each access takes the way around, which throws; one that has passed its check already faults on the mapping.
        _loads = default;
        _stores = default;
        _mapping?.Dispose();
        (_accessor as IDisposable)?.Dispose();
        if (_about.Logger is { } logger)
            DeviceLog.WindowClosed(logger, _about.Device, RegionName, FaultCount);
    }

    /// <summary>The region, the part of it and the way in, for a log.</summary>
    /// <returns>The text.</returns>
    public override string ToString() =>
        $"{_about.Device} {RegionName} [0x{RegionOffset:x}, {LengthInBytes} bytes] by {Plan.Path}";
}
