using System.Buffers.Binary;
using VfioSharp.IbmZ;
using VfioSharp.Interrupts;

namespace VfioSharp.Regions;

// What the way to a region's registers depends on: the other regions, configuration space, and on IBM Z the function's own traits.
public sealed partial class Region
{
    private const ulong FirstBarRegister = 0x10;
    private const ulong BarRegistersEnd = 0x28;
    private const uint IsmDeviceAndVendor = 0x04ed1014;
    private const byte IsmFunctionType = 5;

    /// <summary>
    /// How much of the region can be reached, in bytes from its start: all of it, or what there is before the next region begins in the device's file.
    /// The driver vfio-pci keeps 1 TiB of its file for each region, and beyond that reaches another one without an error.
    /// </summary>
    /// <exception cref="VfioException">At first use: the backend refuses to describe the other regions.</exception>
    public ulong ReachableLengthInBytes => Math.Min(SizeInBytes, _set.FindDistanceToNext(Description));

    private AccessQuestion Ask(WindowOptions options)
    {
        if (!Exists)
            throw new VfioException($"open {Name}", _device, Errno.None, "the function has no such region.");
        return new AccessQuestion(Description, Name, AreaOf(options), IsPorts(), _backend.RequestPath, _backend.Host)
        {
            Zpci = _set.Zpci,
            IsIsm = IsIsm(),
            ReachableLengthInBytes = ReachableLengthInBytes,
            PrefersSyscalls = _set.PrefersSyscalls,
        };
    }

    private RegionArea AreaOf(WindowOptions options)
    {
        if (options.Offset >= SizeInBytes)
            throw new ArgumentOutOfRangeException(
                nameof(options), $"Offset 0x{options.Offset:x} lies beyond the end of {Name}, which has {SizeInBytes} bytes.");
        if (options.LengthInBytes is { } wanted && (wanted == 0 || wanted > SizeInBytes - options.Offset))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), $"{wanted} bytes at offset 0x{options.Offset:x} do not lie within {Name}, which has {SizeInBytes} bytes.");
        }

        var reachable = ReachableLengthInBytes;
        if (options.Offset < reachable && (options.LengthInBytes ?? 0) <= reachable - options.Offset)
            return new RegionArea(options.Offset, options.LengthInBytes ?? (reachable - options.Offset));
        throw new VfioException(
            $"open a window at offset 0x{options.Offset:x} of {Name}", _device, Errno.None,
            $"0x{reachable:x} bytes after the start of {Name} another region begins in the device's file, and would be reached instead; a window must end before." +
            (IsIsm() ? " The driver ism_vfio_pci (Linux 7.1) has room for the whole of it." : string.Empty));
    }

    // Bit 0 of a BAR says "I/O ports" (PCI Local Bus 3.0, 6.2.5.1). VFIO's region information does not carry it. A BAR that can be mapped
    // is one of memory, so that nothing is read for it.
    private bool IsPorts() => Index <= (int)RegionIndex.Bar5 && (Flags & RegionFlags.Mmap) == 0
        && ReadConfig(FirstBarRegister + (ulong)Index * sizeof(uint)) is { } register && (register & 1) != 0;

    private bool IsIsm() => _backend.Host.IsIbmZ && (_set.Zpci?.FunctionType == IsmFunctionType || ReadConfig(0) == IsmDeviceAndVendor);

    // Without configuration space there is nothing to ask: what lies at its offset in the file would be another region's register.
    private uint? ReadConfig(ulong offset)
    {
        var config = _set.DescribeConfig();
        if (config.SizeInBytes < BarRegistersEnd)
            return null;
        Span<byte> register = stackalloc byte[sizeof(uint)];
        return _backend.ReadRegion(config, offset, register) == Errno.None ? BinaryPrimitives.ReadUInt32LittleEndian(register) : null;
    }

    // Instructions and the system calls built on them say of each access how it ended.
    private ErrorWatch? WatchErrors(AccessPath path)
    {
        if (path is AccessPath.MioInstruction or AccessPath.MmioSyscall)
            return null;
        _set.Errors?.Begin();
        return _set.Errors;
    }

    private BlockStores FindStores(AccessPath path) => path switch
    {
        AccessPath.MioInstruction => new BlockStores(LongestBlockStore, HasRegisterStores: true),
        AccessPath.MmioSyscall => new BlockStores(BlockStores.CommonLongestInBytes, HasRegisterStores: true),
        AccessPath.RegionFile when Index <= (int)RegionIndex.Bar5 && _set.Zpci?.Driver == ZpciDescription.IsmDriver =>
            new BlockStores(LongestBlockStore, HasRegisterStores: false),
        AccessPath.RegionFile => BlockStores.NoneByFile,
        _ => BlockStores.None,
    };

    private int LongestBlockStore => Math.Min((int?)_set.Zpci?.MaximumStoreBlockInBytes ?? BlockStores.CommonLongestInBytes, BlockStores.BoundaryInBytes);
}
