using VfioSharp.Mmio;

namespace VfioSharp.Backends.VfioUser;

/// <summary>
/// What the server may reach by messages: the memory that is mapped for DMA, each range with its access, and nothing else. Used by the thread that maps
/// and by the one that serves the server's commands: a range that was removed is not touched any more when <see cref="Remove"/> has returned.
/// </summary>
internal sealed unsafe class ReachableMemory
{
    private readonly Lock _gate = new();

    // Ascending by address; the ranges do not overlap.
    private readonly List<DmaRange> _ranges = [];

    /// <summary>How many ranges there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _ranges.Count;
        }
    }

    /// <summary>Adds a range.</summary>
    /// <returns>Whether it was free.</returns>
    public bool TryAdd(DmaRange range)
    {
        lock (_gate)
        {
            var position = FirstEndingAtOrAfter(range.Start);
            if (position < _ranges.Count && _ranges[position].Start <= range.End)
                return false;
            _ranges.Insert(position, range);
            return true;
        }
    }

    /// <summary>Removes a range, having waited for an access to it that is under way.</summary>
    public void Remove(DmaRange range)
    {
        lock (_gate)
            _ranges.Remove(range);
    }

    /// <summary>Finds what lies in a part of the address space.</summary>
    /// <param name="start">The first address.</param>
    /// <param name="end">The last.</param>
    /// <returns>Every range that has an address there, ascending.</returns>
    public DmaRange[] Find(ulong start, ulong end)
    {
        lock (_gate)
        {
            var found = new List<DmaRange>();
            for (var position = FirstEndingAtOrAfter(start); position < _ranges.Count && _ranges[position].Start <= end; position++)
                found.Add(_ranges[position]);
            return [.. found];
        }
    }

    /// <summary>Reads memory for the device.</summary>
    /// <param name="address">The first IOVA.</param>
    /// <param name="destination">Takes the bytes; not defined after an error.</param>
    /// <returns>ENODEV where not every byte is mapped, EACCES where the device may not read all of them, EFAULT where the memory behind them is gone.</returns>
    public Errno Read(ulong address, Span<byte> destination)
    {
        lock (_gate)
        {
            var errno = Find(address, destination.Length, DmaAccess.Read, out var position);
            var done = 0;
            while (errno == Errno.None && done < destination.Length)
            {
                var part = PartOf(_ranges[position++], address + (ulong)done, destination.Length - done, out var memory);
                errno = GuardedCopy.TryRead(memory, destination.Slice(done, part)) ? Errno.None : Errno.EFAULT;
                done += part;
            }

            return errno;
        }
    }

    /// <summary>Writes memory for the device.</summary>
    /// <param name="address">The first IOVA.</param>
    /// <param name="source">The bytes; some may be written where the memory behind others is gone.</param>
    /// <returns>As <see cref="Read"/>.</returns>
    public Errno Write(ulong address, ReadOnlySpan<byte> source)
    {
        lock (_gate)
        {
            var errno = Find(address, source.Length, DmaAccess.Write, out var position);
            var done = 0;
            while (errno == Errno.None && done < source.Length)
            {
                var part = PartOf(_ranges[position++], address + (ulong)done, source.Length - done, out var memory);
                errno = GuardedCopy.TryWrite(memory, source.Slice(done, part)) ? Errno.None : Errno.EFAULT;
                done += part;
            }

            return errno;
        }
    }

    // Ranges that lie side by side are one memory to the device. Nothing is touched before all of it is known to be there.
    private Errno Find(ulong address, int lengthInBytes, DmaAccess access, out int first)
    {
        first = FirstEndingAtOrAfter(address);
        if (lengthInBytes == 0)
            return Errno.None;
        var end = address + (ulong)(lengthInBytes - 1);
        if (end < address)
            return Errno.ENODEV;
        var next = address;
        for (var position = first; ; position++)
        {
            if (position == _ranges.Count || _ranges[position].Start > next)
                return Errno.ENODEV;
            var range = _ranges[position];
            if ((range.Access & access) == 0)
                return Errno.EACCES;
            if (range.End >= end)
                return Errno.None;
            next = range.End + 1;
        }
    }

    private static int PartOf(DmaRange range, ulong address, int lengthInBytes, out byte* memory)
    {
        memory = (byte*)range.Memory + (address - range.Start);
        return (int)Math.Min((ulong)lengthInBytes - 1, range.End - address) + 1;
    }

    private int FirstEndingAtOrAfter(ulong address)
    {
        var (low, high) = (0, _ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].End < address)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}

/// <summary>A range of IOVAs and the memory of this process behind it. Immutable.</summary>
/// <param name="Start">The first IOVA.</param>
/// <param name="End">The last.</param>
/// <param name="Memory">The first byte in this process.</param>
/// <param name="Access">What the device may do.</param>
internal sealed record DmaRange(ulong Start, ulong End, nuint Memory, DmaAccess Access)
{
    /// <summary>The length; 0 stands for all 2^64 bytes, which no memory has.</summary>
    public ulong LengthInBytes => End - Start + 1;
}
