using System.Buffers.Binary;
using System.Collections;
using Microsoft.Extensions.Logging;
using VfioSharp.Backends;
using VfioSharp.IbmZ;
using VfioSharp.Interrupts;

namespace VfioSharp.Regions;

/// <summary>
/// The regions of a function, by number. Each is described by the backend when it is first asked for, since a program that touches one
/// BAR need not wait for nine answers. Safe for use by several threads.
/// </summary>
public sealed class RegionSet : IReadOnlyList<Region>
{
    private readonly Region?[] _regions;
    private readonly Lazy<ZpciDescription?> _zpci;

    internal RegionSet(DeviceBackend backend, string device, int count, ILogger logger, Lazy<ZpciDescription?> zpci, bool prefersSyscalls)
    {
        Backend = backend;
        Device = device;
        Logger = logger;
        PrefersSyscalls = prefersSyscalls;
        _regions = new Region?[count];
        _zpci = zpci;
    }

    /// <summary>How many region numbers there are; some regions may be absent.</summary>
    public int Count => _regions.Length;

    /// <summary>The region of a number.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <returns>The region; <see cref="Region.Exists"/> tells whether the function has it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such number.</exception>
    /// <exception cref="VfioException">The backend refuses to describe it.</exception>
    public Region this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            // Two threads may describe the same region at the same time; the first to store it wins, and both see the same object.
            return Volatile.Read(ref _regions[index])
                ?? Interlocked.CompareExchange(ref _regions[index], Describe(index), null)
                ?? _regions[index]!;
        }
    }

    /// <summary>The region of a name.</summary>
    /// <param name="index">A BAR, the ROM, configuration space or the VGA ranges.</param>
    /// <returns>The region; <see cref="Region.Exists"/> tells whether the function has it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The device has no region of this number.</exception>
    /// <exception cref="VfioException">The backend refuses to describe it.</exception>
    public Region this[RegionIndex index] => this[(int)index];

    /// <summary>All regions in the order of their numbers, the absent ones too.</summary>
    /// <returns>The regions.</returns>
    public IEnumerator<Region> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal DeviceBackend Backend { get; }

    internal string Device { get; }

    internal ILogger Logger { get; }

    /// <summary>Knows whether the device is in error state; null where nobody watches.</summary>
    internal ErrorWatch? Errors { get; init; }

    /// <summary>Whether system calls are preferred to MIO instructions.</summary>
    internal bool PrefersSyscalls { get; }

    /// <summary>What is known of the function because it is on an IBM Z; null elsewhere. Asked for once.</summary>
    internal ZpciDescription? Zpci => Backend.Host.IsIbmZ ? _zpci.Value : null;

    /// <summary>How many bytes there are from a region's start to the next one's in the device's file.</summary>
    /// <param name="region">The region.</param>
    /// <returns>The distance; <see cref="ulong.MaxValue"/> where no region begins behind it.</returns>
    /// <exception cref="VfioException">The backend refuses to describe a region.</exception>
    internal ulong FindDistanceToNext(RegionDescription region)
    {
        var distance = ulong.MaxValue;
        foreach (var other in this)
        {
            if (other.Description.FileOffset > region.FileOffset)
                distance = Math.Min(distance, other.Description.FileOffset - region.FileOffset);
        }

        return distance;
    }

    /// <summary>Describes configuration space.</summary>
    /// <returns>Its region; absent also where the device has fewer region numbers than that.</returns>
    /// <exception cref="VfioException">The backend refuses to describe it.</exception>
    internal RegionDescription DescribeConfig() => (int)RegionIndex.Config < Count
        ? this[RegionIndex.Config].Description
        : RegionDescription.Absent((int)RegionIndex.Config);

    /// <summary>
    /// Asks the function for its class and revision. VFIO passes that on to it, where it answers vendor and device of a copy of its own
    /// (drivers/vfio/pci/vfio_pci_config.c, init_pci_cap_basic_perm).
    /// </summary>
    /// <returns>Whether it answers; null where the device has no configuration space to ask.</returns>
    internal bool? AnswersConfig()
    {
        const int classAndRevision = 8;

        var config = DescribeConfig();
        Span<byte> register = stackalloc byte[sizeof(uint)];
        if (config.SizeInBytes < (ulong)(classAndRevision + register.Length))
            return null;
        return Backend.ReadRegion(config, classAndRevision, register) == Errno.None
            && BinaryPrimitives.ReadUInt32LittleEndian(register) != uint.MaxValue;
    }

    private Region Describe(int index) => new(this, Backend.DescribeRegion(index));
}
