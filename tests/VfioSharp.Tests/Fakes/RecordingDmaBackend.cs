using System.Runtime.InteropServices;
using VfioSharp.Backends;
using VfioSharp.Dma;

namespace VfioSharp.Tests.Fakes;

/// <summary>An I/O address space that maps nothing, keeps the kernel's rules, records what it is asked, and fails when it is told to.</summary>
internal sealed class RecordingDmaBackend : DmaBackend
{
    public const ulong FourKibibytes = 1 << 12;
    public const ulong TwoMebibytes = 1 << 21;

    /// <summary>What stands, by its first IOVA.</summary>
    public SortedDictionary<ulong, Entry> Mappings { get; } = [];

    /// <summary>Every call in order: "map 0x1000 0x2000 ReadWrite", "unmap 0x1000 0x2000", "unmap all", "dispose".</summary>
    public List<string> Calls { get; } = [];

    public ulong PageSizes { get; set; } = FourKibibytes | TwoMebibytes;

    public IReadOnlyList<IovaRange> Ranges { get; set; } =
        [new(new Iova(0), new Iova(0xfedf_ffff)), new(new Iova(0xfef0_0000), new Iova(0x7f_ffff_ffff))];

    public uint? AvailableMappings { get; set; } = 65535;

    /// <summary>The error of the next call to map or unmap; None for success.</summary>
    public Errno NextError { get; set; }

    /// <summary>What the next unmap answers instead of the truth, having done nothing.</summary>
    public ulong? NextUnmapped { get; set; }

    public bool IsDisposed { get; private set; }

    public override ulong GetPageSizes() => PageSizes;

    public override IReadOnlyList<IovaRange> GetRanges() => Ranges;

    public override uint? GetAvailableMappings() => AvailableMappings;

    public override void Map(Iova iova, nuint address, ulong lengthInBytes, DmaAccess access, SafeHandle? file, ulong fileOffset)
    {
        Calls.Add($"map {iova} 0x{lengthInBytes:x} {access}");
        FailIfTold("map");
        var end = iova.Value + (lengthInBytes - 1);
        var smallest = PageSizes & (~PageSizes + 1);
        if (((iova.Value | address | lengthInBytes) & (smallest - 1)) != 0 || !Ranges.Any(range => range.Contains(iova, lengthInBytes)))
            throw new VfioException("map", null, Errno.EINVAL);
        if (Mappings.Any(entry => entry.Key <= end && entry.Value.End >= iova.Value))
            throw new VfioException("map", null, Errno.EEXIST);
        Mappings.Add(iova.Value, new Entry(end, address, access, file, fileOffset));
    }

    public override ulong Unmap(Iova iova, ulong lengthInBytes)
    {
        Calls.Add($"unmap {iova} 0x{lengthInBytes:x}");
        FailIfTold("unmap");
        var end = iova.Value + (lengthInBytes - 1);
        var touched = Mappings.Where(entry => entry.Key <= end && entry.Value.End >= iova.Value).ToList();
        if (touched.Exists(entry => entry.Key < iova.Value || entry.Value.End > end))
            throw new VfioException("unmap", null, Errno.EINVAL);
        return Remove(touched);
    }

    public override ulong UnmapAll()
    {
        Calls.Add("unmap all");
        FailIfTold("unmap");
        return Remove([.. Mappings]);
    }

    protected override void Dispose(bool disposing)
    {
        Assert.False(IsDisposed, "disposed twice");
        Calls.Add("dispose");
        Mappings.Clear();
        IsDisposed = true;
    }

    private ulong Remove(List<KeyValuePair<ulong, Entry>> entries)
    {
        if (NextUnmapped is { } lie)
        {
            NextUnmapped = null;
            return lie;
        }

        ulong bytes = 0;
        foreach (var (start, entry) in entries)
        {
            bytes += entry.End - start + 1;
            Mappings.Remove(start);
        }

        return bytes;
    }

    private void FailIfTold(string operation)
    {
        Assert.False(IsDisposed, "used after dispose");
        var errno = NextError;
        NextError = Errno.None;
        if (errno != Errno.None)
            throw new VfioException(operation, null, errno);
    }

    internal sealed record Entry(ulong End, nuint Address, DmaAccess Access, SafeHandle? File, ulong FileOffset);
}
