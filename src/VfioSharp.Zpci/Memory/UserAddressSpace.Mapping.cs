using VfioSharp.Zpci.Kernel;

namespace VfioSharp.Zpci.Memory;

// mm/mmap.c, do_mmap() and mmap_region(); mm/mprotect.c; mm/mlock.c; mm/madvise.c: as far as mappings of devices meet it.
public sealed partial class UserAddressSpace
{
    private VirtualMemoryArea? _ownMemory;
    private ulong _nextAddress;

    /// <summary>mmap(2), at an address that the kernel chooses.</summary>
    /// <param name="file">The file, or null for memory.</param>
    /// <param name="offset">Where in the file, a multiple of the page size.</param>
    /// <param name="lengthInBytes">How much; rounded up to pages.</param>
    /// <param name="protection">What may be done with it.</param>
    /// <param name="flags">How it is made.</param>
    /// <returns>The address, or why not.</returns>
    public KernelResult Map(MappableFile? file, ulong offset, ulong lengthInBytes, Protection protection, MapFlags flags)
    {
        // arch/s390/kernel/syscall.c, mmap(), takes the offset in bytes; mm/mmap.c, do_mmap(), the rest.
        if (offset % PageSize != 0 || lengthInBytes == 0)
            return Errno.EINVAL;
        if (lengthInBytes > ulong.MaxValue - PageSize)
            return Errno.ENOMEM;
        var length = (lengthInBytes + PageSize - 1) & ~(ulong)(PageSize - 1);
        if (offset + length < offset)
            return Errno.EOVERFLOW;
        if (FindGap(length) is not { } start)
            return Errno.ENOMEM;
        if ((flags & (MapFlags.Shared | MapFlags.Private)) is not (MapFlags.Shared or MapFlags.Private))
            return Errno.EINVAL;
        if (file is { ForbidsExecution: true } && (protection & Protection.Execute) != 0)
            return Errno.EPERM;

        var vmFlags = (VmFlags)protection | ((flags & MapFlags.Shared) != 0 ? VmFlags.Shared : VmFlags.None);
        var area = new VirtualMemoryArea(this, start, start + length, vmFlags, file, offset);
        if (file?.Map(area) is { } refusal and not Errno.None)
            return refusal;
        _areas.Add(start, area);
        file?.Opened(area);
        // mm/gup.c, populate_vma_page_range(): what is VM_IO or VM_PFNMAP is left alone.
        if ((flags & MapFlags.Populate) != 0 && (area.Flags & (VmFlags.Io | VmFlags.PfnMap)) == 0)
            Populate(area);
        return new KernelResult((long)start);
    }

    /// <summary>munmap(2).</summary>
    /// <param name="address">The first byte, a multiple of the page size.</param>
    /// <param name="lengthInBytes">How much; rounded up to pages. What is not mapped is left alone.</param>
    /// <returns>0, or why not.</returns>
    public KernelResult Unmap(ulong address, ulong lengthInBytes)
    {
        if (!TryGetRange(address, lengthInBytes, out var end) || lengthInBytes == 0)
            return Errno.EINVAL;
        foreach (var area in Isolate(address, end))
        {
            area.ResidentAt = null;
            RemovePages(area.Start, area.End);
            _areas.Remove(area.Start);
            area.File?.Closed(area);
        }

        return KernelResult.Success;
    }

    /// <summary>mprotect(2).</summary>
    /// <param name="address">The first byte, a multiple of the page size.</param>
    /// <param name="lengthInBytes">How much.</param>
    /// <param name="protection">What may be done from now on.</param>
    /// <returns>0, or why not: ENOMEM where something in between is not mapped.</returns>
    public KernelResult Protect(ulong address, ulong lengthInBytes, Protection protection)
    {
        if (!TryGetRange(address, lengthInBytes, out var end))
            return Errno.EINVAL;
        if (!IsMappedThroughout(address, end))
            return Errno.ENOMEM;
        foreach (var area in Isolate(address, end))
        {
            // path_noexec() took VM_MAYEXEC away when the file was mapped.
            if (area.File is { ForbidsExecution: true } && (protection & Protection.Execute) != 0)
                return Errno.EACCES;
            area.Flags = (area.Flags & ~(VmFlags.Read | VmFlags.Write | VmFlags.Execute)) | (VmFlags)protection;
        }

        return KernelResult.Success;
    }

    /// <summary>mlock(2): pages of devices are passed over.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="lengthInBytes">How much.</param>
    /// <returns>0, or ENOMEM where something in between is not mapped.</returns>
    public KernelResult Lock(ulong address, ulong lengthInBytes)
    {
        var start = PageOf(address);
        if (!TryGetRange(start, lengthInBytes + (address - start), out var end))
            return Errno.EINVAL;
        if (!IsMappedThroughout(start, end))
            return Errno.ENOMEM;
        var memory = AreasOf(start, end).FindAll(area => (area.Flags & (VmFlags.Io | VmFlags.PfnMap)) == 0);
        if (memory.Exists(area => area.LengthInBytes > _memoryInBytes))
            return Errno.ENOMEM;
        memory.ForEach(Populate);
        return KernelResult.Success;
    }

    /// <summary>madvise(2) with MADV_DONTNEED.</summary>
    /// <param name="address">The first byte, a multiple of the page size.</param>
    /// <param name="lengthInBytes">How much.</param>
    /// <returns>0, or why not: EINVAL for the pages of a device (can_madv_lru_vma()).</returns>
    public KernelResult AdviseDontNeed(ulong address, ulong lengthInBytes) => Advise(address, lengthInBytes, area => RemovePages(area.Start, area.End));

    /// <summary>madvise(2) with MADV_POPULATE_READ (Linux 5.14).</summary>
    /// <param name="address">The first byte, a multiple of the page size.</param>
    /// <param name="lengthInBytes">How much.</param>
    /// <returns>0, or why not: EINVAL for the pages of a device (mm/gup.c, faultin_page_range()).</returns>
    public KernelResult AdvisePopulateRead(ulong address, ulong lengthInBytes) => Advise(address, lengthInBytes, Populate);

    /// <summary>
    /// Makes the addresses of the process that the model runs in valid here too, each for itself, so that system calls of this process take its
    /// buffers. What is mapped afterwards lies beyond; what was mapped before is gone.
    /// </summary>
    internal void ShareOwnMemory()
    {
        foreach (var area in _areas.Values.ToArray())
            Unmap(area.Start, area.LengthInBytes);
        const ulong EndOfOwnMemory = 1ul << 48;
        _ownMemory = new VirtualMemoryArea(this, LowestAddress, EndOfOwnMemory, VmFlags.Read | VmFlags.Write, null, 0);
        _areas.Add(_ownMemory.Start, _ownMemory);
        _nextAddress = FourLevels / 2;
    }

    /// <summary>Whether a range is memory of the process that the model runs in.</summary>
    internal bool IsOwnMemory(ulong address, ulong lengthInBytes) =>
        _ownMemory is not null && address >= _ownMemory.Start && lengthInBytes <= _ownMemory.End && address <= _ownMemory.End - lengthInBytes;

    private KernelResult Advise(ulong address, ulong lengthInBytes, Action<VirtualMemoryArea> advice)
    {
        if (!TryGetRange(address, lengthInBytes, out var end))
            return Errno.EINVAL;
        foreach (var area in AreasOf(address, end))
        {
            if ((area.Flags & (VmFlags.Io | VmFlags.PfnMap)) != 0)
                return Errno.EINVAL;
        }

        foreach (var area in Isolate(address, end))
            advice(area);
        return IsMappedThroughout(address, end) ? KernelResult.Success : Errno.ENOMEM;
    }

    // As much as the host has; the rest comes when it is touched, or never.
    private void Populate(VirtualMemoryArea area)
    {
        if (area.LengthInBytes > _memoryInBytes)
            return;
        for (var page = area.Start; page < area.End; page += PageSize)
            Translate(page, MemoryAccess.Load, out _);
    }

    private static bool TryGetRange(ulong address, ulong lengthInBytes, out ulong end)
    {
        end = 0;
        if (address % PageSize != 0 || lengthInBytes > FourLevels || address > FourLevels)
            return false;
        end = address + ((lengthInBytes + PageSize - 1) & ~(ulong)(PageSize - 1));
        return true;
    }

    // Top down, below 4 TiB while there is room.
    private ulong? FindGap(ulong length) => _ownMemory is null
        ? FindGap(length, LowestAddress, ThreeLevels) ?? FindGap(length, ThreeLevels, FourLevels)
        : FindUnusedBefore(length);

    // Beside this process's own memory, no address is used twice: a late access to a mapping that is gone must not meet another.
    private ulong? FindUnusedBefore(ulong length)
    {
        if (length > FourLevels - _nextAddress)
            return null;
        var address = _nextAddress;
        _nextAddress += length;
        return address;
    }

    private ulong? FindGap(ulong length, ulong low, ulong high)
    {
        var top = high;
        for (var i = _areas.Count - 1; i >= 0 && top > low; i--)
        {
            var area = _areas.GetValueAtIndex(i);
            if (area.End < top && top - area.End >= length)
                return Fits(length, low, top);
            top = Math.Min(top, area.Start);
        }

        return Fits(length, low, top);
    }

    private static ulong? Fits(ulong length, ulong low, ulong top) => top > low && top - low >= length ? top - length : null;

    private List<VirtualMemoryArea> AreasOf(ulong start, ulong end)
    {
        var areas = new List<VirtualMemoryArea>();
        foreach (var area in _areas.Values)
        {
            if (area.Start < end && area.End > start)
                areas.Add(area);
        }

        return areas;
    }

    // Splits mappings at both ends of a range, so that those returned lie within it.
    private List<VirtualMemoryArea> Isolate(ulong start, ulong end)
    {
        SplitAt(start);
        SplitAt(end);
        return AreasOf(start, end);
    }

    private void SplitAt(ulong address)
    {
        if (Lookup(address) is not { } area || area.Start == address)
            return;
        var tail = new VirtualMemoryArea(this, address, area.End, area.Flags, area.File, area.FileOffset + (address - area.Start))
        {
            ResidentAt = area.ResidentAt + (address - area.Start),
        };
        area.End = address;
        _areas.Add(address, tail);
        tail.File?.Opened(tail);
    }

    private bool IsMappedThroughout(ulong start, ulong end)
    {
        var next = start;
        foreach (var area in AreasOf(start, end))
        {
            if (area.Start > next)
                return false;
            next = area.End;
        }

        return next >= end;
    }
}
