using System.Buffers.Binary;
using VfioSharp.Regions;
using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Vfio;

/// <summary>
/// The variant driver for ISM (drivers/vfio/pci/ism/main.c, Linux 7.1): regions 2^48 apart, nothing mapped, every access by function handle
/// whatever the machine has. A write is one block store and nothing else.
/// </summary>
public sealed class IsmVfioPciDevice : VfioPciDevice
{
    private const int LastBar = 5;
    private const int ConfigRegion = 7;

    internal IsmVfioPciDevice(ZpciFunction function, VfioWay way)
        : base(function, way)
    {
    }

    /// <inheritdoc/>
    public override string Driver => KernelRules.IsmDriver;

    /// <summary>ISM_VFIO_PCI_OFFSET_SHIFT.</summary>
    protected override int OffsetShift => 48;

    /// <summary>VFIO_DEVICE_GET_REGION_INFO: only the BARs and configuration space; EINVAL for the ROM too.</summary>
    /// <inheritdoc/>
    public override KernelResult GetRegionInfo(int index, out RegionInfo info)
    {
        if (index is not (>= 0 and <= LastBar or ConfigRegion))
        {
            info = new RegionInfo(index, 0, RegionFlags.None, 0, false);
            return Errno.EINVAL;
        }

        var result = base.GetRegionInfo(index, out info);
        info = info with { Flags = info.Flags & (RegionFlags.Read | RegionFlags.Write), IsMsixMappable = false };
        return result;
    }

    /// <summary>ism_vfio_pci_do_io_r(): loads of 8, 4, 2 and 1 bytes as the alignment allows. Whether memory is enabled is not asked.</summary>
    /// <inheritdoc/>
    public override KernelResult Read(ulong position, Span<byte> destination)
    {
        if (destination.IsEmpty)
            return KernelResult.Success;
        if (position >> OffsetShift == ConfigRegion)
            return ReadConfig(position & ((1ul << OffsetShift) - 1), destination);
        if (position >> OffsetShift > LastBar)
            return Errno.EINVAL;
        if (Locate(position, destination.Length, out var bar, out var offset, out var count) is var refusal and not Errno.None)
            return refusal;

        Span<byte> number = stackalloc byte[sizeof(ulong)];
        for (var done = 0; done < count;)
        {
            var length = WidestAligned(offset + (ulong)done, count - done);
            if (LoadByHandle(bar.Index, offset + (ulong)done, length, out var value) is var failure and not Errno.None)
                return failure;
            BinaryPrimitives.WriteUInt64BigEndian(number, value);
            number[^length..].CopyTo(destination[done..]);
            done += length;
        }

        return new KernelResult(count);
    }

    /// <summary>ism_vfio_pci_do_io_w(): exactly one store block.</summary>
    /// <inheritdoc/>
    public override KernelResult Write(ulong position, ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty)
            return KernelResult.Success;
        if (position >> OffsetShift == ConfigRegion)
            return WriteConfig(position & ((1ul << OffsetShift) - 1), source);
        if (position >> OffsetShift > LastBar)
            return Errno.EINVAL;
        if (Locate(position, source.Length, out var bar, out var offset, out var count) is var refusal and not Errno.None)
            return refusal;
        if (count > Function.MaximumStoreBlockInBytes || offset % UserAddressSpace.PageSize + (ulong)count > UserAddressSpace.PageSize)
            return Errno.EINVAL;

        // __zpci_store_block(): what the instruction does not take is an exception, and that -ENXIO.
        PciOutcome outcome;
        do
            outcome = Function.StoreBlock(bar.Index, offset, source[..count], isByHandle: true);
        while (outcome is { ConditionCode: 2, Exception: ProgramException.None });
        if (outcome.Exception != ProgramException.None)
            return Errno.ENXIO;
        return outcome.ConditionCode == 0 ? new KernelResult(count) : Errno.EIO;
    }

    internal override Errno Map(VirtualMemoryArea area) => Errno.EINVAL; // no mmap operation

    private static int WidestAligned(ulong offset, int left)
    {
        var width = 8;
        while (width > left || offset % (ulong)width != 0)
            width /= 2;
        return width;
    }

    // __zpci_load()
    private Errno LoadByHandle(int bar, ulong offset, int length, out ulong value)
    {
        PciOutcome outcome;
        do
            outcome = Function.Load(bar, offset, (ulong)length, isByHandle: true, out value);
        while (outcome is { ConditionCode: 2, Exception: ProgramException.None });
        if (outcome.Exception != ProgramException.None)
            return Errno.ENXIO;
        return outcome.ConditionCode == 0 ? Errno.None : Errno.EIO;
    }
}
