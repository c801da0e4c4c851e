using Microsoft.Extensions.Logging;
using VfioSharp.Backends;
using VfioSharp.Diagnostics;
using VfioSharp.Mmio;

namespace VfioSharp.Regions;

/// <summary>
/// One region of a function: a BAR, the ROM, configuration space or a region particular to the device. It tells what the region is, plans
/// the way to its registers and opens windows on it. Immutable and safe for use by several threads.
/// </summary>
public sealed partial class Region
{
    private readonly RegionSet _set;
    private readonly DeviceBackend _backend;
    private readonly string _device;
    private readonly ILogger _logger;

    internal Region(RegionSet set, RegionDescription description)
    {
        _set = set;
        _backend = set.Backend;
        _device = set.Device;
        _logger = set.Logger;
        Description = description;
        Name = NameOf(description.Index);
    }

    /// <summary>Everything that the backend says of the region.</summary>
    public RegionDescription Description { get; }

    /// <summary>The region's number; see <see cref="RegionIndex"/> for the first nine.</summary>
    public int Index => Description.Index;

    /// <summary>"BAR0" to "BAR5", "ROM", "CONFIG", "VGA", or "region 9" and on.</summary>
    public string Name { get; }

    /// <summary>The length; 0 where the function has no such region.</summary>
    public ulong SizeInBytes => Description.SizeInBytes;

    /// <summary>What can be done with it.</summary>
    public RegionFlags Flags => Description.Flags;

    /// <summary>Whether the function has this region.</summary>
    public bool Exists => SizeInBytes != 0;

    /// <summary>Says which path a window with these options would take, and why not a faster one, without opening it.</summary>
    /// <param name="options">The window; null for all of the region.</param>
    /// <returns>The plan. Opening may still end on a slower path where the kernel refuses what it offered.</returns>
    /// <exception cref="VfioException">
    /// There is no such region, the path that the options ask for is not possible, or the window reaches beyond <see cref="ReachableLengthInBytes"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The window does not lie within the region.</exception>
    public AccessPlan Plan(WindowOptions? options = null)
    {
        options ??= new WindowOptions();
        var question = Ask(options);
        return options.Path is { } path ? AccessPlanner.Force(question, path, _device) : AccessPlanner.Choose(question);
    }

    /// <summary>Opens a window on the region's registers by the fastest path, or by the one that is asked for.</summary>
    /// <param name="options">Which part, which path, what happens on a fault; null for all of the region by the fastest path.</param>
    /// <returns>The window, which the caller owns. Dispose of it before the device.</returns>
    /// <exception cref="VfioException">
    /// There is no such region, no path is possible (<see cref="AccessPath.Unreachable"/>) or not the one that the options ask for, or the window reaches
    /// beyond <see cref="ReachableLengthInBytes"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The window does not lie within the region.</exception>
    public RegionWindow Open(WindowOptions? options = null)
    {
        options ??= new WindowOptions();
        var plan = Plan(options);
        if (plan.Path == AccessPath.Unreachable)
            throw new VfioException($"open {Name}", _device, Errno.None, plan.Reason);
        if (!AccessPlanner.IsMapped(plan.Path))
            return OpenByRequest(options, plan);

        try
        {
            return OpenMapped(options, plan);
        }
        catch (VfioException refusal) when (options.Path is null)
        {
            var fallback = AccessPlanner.AfterRefusal(Ask(options), refusal);
            if (fallback.Path == AccessPath.Unreachable)
                throw;
            DeviceLog.MappingRefused(_logger, refusal, _device, Name, fallback.Path);
            return OpenByRequest(options, fallback);
        }
    }

    /// <summary>The region in a few words.</summary>
    /// <returns>Its name and size.</returns>
    public override string ToString() => $"{Name} of {_device}, {SizeInBytes} bytes";

    internal static string NameOf(int index) => index switch
    {
        >= (int)RegionIndex.Bar0 and <= (int)RegionIndex.Bar5 => $"BAR{index}",
        (int)RegionIndex.Rom => "ROM",
        (int)RegionIndex.Config => "CONFIG",
        (int)RegionIndex.Vga => "VGA",
        _ => $"region {index}",
    };

    private WindowDescription Describe(WindowOptions options, AccessPlan plan) =>
        new(_device, Name, AreaOf(options), Flags, plan, options.OnFault, _logger)
        {
            Host = _backend.Host,
            Stores = FindStores(plan.Path),
            Errors = WatchErrors(plan.Path),
            ExplainLoss = _backend.ExplainLoss,
        };

    private RegionWindow OpenMapped(WindowOptions options, AccessPlan plan)
    {
        var window = AreaOf(options);
        var pages = AccessPlanner.RoundToPages(window, _backend.Host.PageSizeInBytes);
        var access = ((Flags & RegionFlags.Read) != 0 ? MappingAccess.Read : 0) | ((Flags & RegionFlags.Write) != 0 ? MappingAccess.Write : 0);
        var mapping = _backend.MapRegion(Description, pages.Offset, pages.LengthInBytes, access);
        try
        {
            var about = Describe(options, plan);
            var mappingOffset = window.Offset - pages.Offset;
            return Logged(MakeAccessor(plan.Path, mapping, pages.Offset) is { } accessor
                ? RegionWindow.OverMapping(about, mapping, mappingOffset, accessor)
                : RegionWindow.OverMapping(about, mapping, mappingOffset));
        }
        catch
        {
            // A backend that mapped something else than it was asked for.
            mapping.Dispose();
            throw;
        }
    }

    // Null for loads and stores, which the window makes by itself. The plan names no path that the host does not have.
    private MappedRegionAccessor? MakeAccessor(AccessPath path, DeviceMapping mapping, ulong mappedFrom) => path switch
    {
        AccessPath.MioInstruction => new MioInstructionAccessor(_backend.Host.Instructions!, mapping, mappedFrom),
        AccessPath.MmioSyscall => new MmioSyscallAccessor(_backend.Host.Syscalls!, mapping, mappedFrom),
        _ => null,
    };

    private RegionWindow OpenByRequest(WindowOptions options, AccessPlan plan) =>
        Logged(RegionWindow.OverAccessor(Describe(options, plan), new RequestAccessor(_backend, Description)));

    private RegionWindow Logged(RegionWindow window)
    {
        DeviceLog.WindowOpened(_logger, _device, Name, window.LengthInBytes, window.RegionOffset, window.Plan.Path);
        return window;
    }
}
