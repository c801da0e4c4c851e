using VfioSharp.Mmio;
using VfioSharp.Regions;

namespace VfioSharp.Emulation.InProcess;

public sealed partial class FunctionDeviceBackend
{
    /// <inheritdoc/>
    public override RegionDescription DescribeRegion(int index)
    {
        if (index == (int)RegionIndex.Config)
            return Describe(index, RegionFlags.Read | RegionFlags.Write, (ulong)_function.Config.LengthInBytes, []);
        if (_function.FindBar(index) is not { } bar)
            return RegionDescription.Absent(index);
        return bar.SharedAreas.Count == 0
            ? Describe(index, RegionFlags.Read | RegionFlags.Write, bar.LengthInBytes, [])
            : Describe(
                index, RegionFlags.Read | RegionFlags.Write | RegionFlags.Mmap, bar.LengthInBytes,
                bar.SharedAreas[0].LengthInBytes == bar.LengthInBytes ? [] : bar.SharedAreas);
    }

    /// <inheritdoc/>
    public override Errno ReadRegion(RegionDescription region, ulong offset, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(region);
        using var turn = _gate.TakeTurn();
        ThrowIfFailed();
        if (region.Index == (int)RegionIndex.Config)
        {
            _function.ReadConfig((int)offset, destination);
            return Errno.None;
        }

        // vfio_pci_core_do_io_rw(): a function that answers nothing is not asked.
        if (!IsAwake)
            return Errno.EIO;
        _function.ReadRange(region.Index, offset, destination);
        _gate.RunWork();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override Errno WriteRegion(RegionDescription region, ulong offset, ReadOnlySpan<byte> source)
    {
        ArgumentNullException.ThrowIfNull(region);
        using var turn = _gate.TakeTurn();
        ThrowIfFailed();
        if (region.Index == (int)RegionIndex.Config)
            WriteConfig((int)offset, source);
        else if (!IsAwake)
            return Errno.EIO;
        else
            _function.WriteRange(region.Index, offset, source);
        _gate.RunWork();
        return Errno.None;
    }

    /// <inheritdoc/>
    public override DeviceMapping MapRegion(RegionDescription region, ulong offset, ulong lengthInBytes, MappingAccess access)
    {
        ArgumentNullException.ThrowIfNull(region);
        var errno = Errno.EINVAL;
        if (_function.GetSharedMemory(region.Index) is { } memory && PageMapping.TryMap(memory.File, offset, lengthInBytes, access, out errno) is { } mapping)
            return mapping;
        throw new VfioException($"map {lengthInBytes} bytes at offset 0x{offset:x} of region {region.Index}", _address, errno);
    }

    // Nothing lies behind one another here: every region begins at 0 of itself.
    private static RegionDescription Describe(int index, RegionFlags flags, ulong sizeInBytes, IReadOnlyList<RegionArea> areas) =>
        new(index, flags, sizeInBytes, 0, areas, null, false, []);

    // vfio_exp_config_write(): the kernel makes the reset that a driver asks for in configuration space, and keeps what was there.
    private void WriteConfig(int offset, ReadOnlySpan<byte> source)
    {
        if (!_function.Config.AsksForReset(offset, source))
        {
            _function.WriteConfig(offset, source);
            return;
        }

        _function.Config.Write(offset, source);
        var saved = _function.Config.Bytes.ToArray();
        _function.WriteConfig(offset, source);
        _function.Config.Write(0, saved);
    }
}
