using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Vfio;

// drivers/vfio/pci/vfio_pci_core.c, vfio_pci_rw(), and vfio_pci_rdwr.c, vfio_pci_bar_rw() and vfio_pci_core_do_io_rw().
public partial class VfioPciDevice
{
    /// <summary>pread(2) of the device's file.</summary>
    /// <param name="position">The place in the file.</param>
    /// <param name="destination">Takes the bytes; those that are not read stay as they are.</param>
    /// <returns>How many bytes were read, or why none.</returns>
    public virtual KernelResult Read(ulong position, Span<byte> destination)
    {
        if (destination.IsEmpty)
            return position >> OffsetShift < RegionCount ? KernelResult.Success : Errno.EINVAL;
        switch (position >> OffsetShift)
        {
            case ConfigRegion:
                return ReadConfig(position & OffsetMask, destination);
            case < FirstRegionBehindBars:
                if (FindBar(position, destination.Length, out var offset, out var count, out var ioAddress) is var refusal and not Errno.None)
                    return refusal;
                return ReadBar(ioAddress, offset, destination[..count], ExcludedRange(position));
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>pwrite(2) of the device's file.</summary>
    /// <param name="position">The place in the file.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>How many bytes were written, or why none.</returns>
    public virtual KernelResult Write(ulong position, ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty)
            return position >> OffsetShift < RegionCount ? KernelResult.Success : Errno.EINVAL;
        switch (position >> OffsetShift)
        {
            case ConfigRegion:
                return WriteConfig(position & OffsetMask, source);
            case < FirstRegionBehindBars:
                if (FindBar(position, source.Length, out var offset, out var count, out var ioAddress) is var refusal and not Errno.None)
                    return refusal;
                return WriteBar(ioAddress, offset, source[..count], ExcludedRange(position));
            default:
                return Errno.EINVAL;
        }
    }

    /// <summary>
    /// The BAR and the offset in it of a place in the file, with the count clipped at the BAR's end; EINVAL where there is none.
    /// </summary>
    private protected Errno Locate(ulong position, int length, out ZpciBar bar, out ulong offset, out int count)
    {
        count = 0;
        offset = position & OffsetMask;
        bar = Function.FindBar((int)(position >> OffsetShift))!;
        if (bar is null || offset >= bar.LengthInBytes)
            return Errno.EINVAL;
        count = (int)Math.Min((ulong)length, bar.LengthInBytes - offset);
        return Errno.None;
    }

    private Errno FindBar(ulong position, int length, out ulong offset, out int count, out ulong ioAddress)
    {
        ioAddress = 0;
        if (Locate(position, length, out var bar, out offset, out count) is var refusal and not Errno.None)
            return refusal;
        var map = SetUpBarMap(bar);
        ioAddress = map.IoAddress;
        return map.Errno;
    }

    private KernelResult ReadBar(ulong ioAddress, ulong offset, Span<byte> destination, (ulong Start, ulong End) excluded)
    {
        for (var done = 0; done < destination.Length;)
        {
            var (length, isExcluded) = NextAccess(offset + (ulong)done, destination.Length - done, excluded);
            var part = destination.Slice(done, length);
            if (isExcluded)
                part.Fill(0xff);
            else if (IsMemoryEnabled)
                KernelPciMemory.Read(Host, ioAddress + offset + (ulong)done, part);
            else
                return Errno.EIO;
            done += length;
        }

        return new KernelResult(destination.Length);
    }

    private KernelResult WriteBar(ulong ioAddress, ulong offset, ReadOnlySpan<byte> source, (ulong Start, ulong End) excluded)
    {
        for (var done = 0; done < source.Length;)
        {
            var (length, isExcluded) = NextAccess(offset + (ulong)done, source.Length - done, excluded);
            if (!isExcluded)
            {
                if (!IsMemoryEnabled)
                    return Errno.EIO;
                KernelPciMemory.Write(Host, ioAddress + offset + (ulong)done, source.Slice(done, length));
            }

            done += length;
        }

        return new KernelResult(source.Length);
    }

    // The widest access that is aligned and does not reach into the MSI-X table, which reads as ones and takes no writes.
    private (int Length, bool IsExcluded) NextAccess(ulong offset, int left, (ulong Start, ulong End) excluded)
    {
        var fillable = left;
        if (offset >= excluded.Start && offset < excluded.End)
            return ((int)Math.Min((ulong)left, excluded.End - offset), true);
        if (offset < excluded.Start)
            fillable = (int)Math.Min((ulong)left, excluded.Start - offset);
        if (fillable >= 8 && offset % 8 == 0 && KernelRules.HasEightByteRegionAccess(Host.Description.Kernel))
            return (8, false);
        if (fillable >= 4 && offset % 4 == 0)
            return (4, false);
        return (fillable >= 2 && offset % 2 == 0 ? 2 : 1, false);
    }

    private (ulong Start, ulong End) ExcludedRange(ulong position) =>
        Function.Device.Msix is { } msix && msix.Bar == (int)(position >> OffsetShift)
            ? (msix.TableOffset, msix.TableOffset + (ulong)msix.TableLengthInBytes)
            : (0, 0);
}
