using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.Backends;
using VfioSharp.Zpci.Dma;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>Lines about the container that the function is attached to: which IOVAs there are, and what can be mapped.</summary>
internal sealed class DmaRows
{
    private readonly RecorderProcess _p;
    private readonly ZpciDmaDomain _domain;

    public DmaRows(RecorderProcess p)
    {
        _p = p;
        _domain = p.Host.CreateDmaDomain();
        _domain.Attach(p.Function);
    }

    /// <summary>Adds the operations to a dialect.</summary>
    /// <param name="on">How a dialect adds one.</param>
    /// <param name="bar">Where the program has BAR 0 mapped for reading and writing.</param>
    public void AddTo(Action<string, Func<Match, string>> on, Func<ulong> bar)
    {
        on("iommu_info: ret=0", _ => string.Create(CultureInfo.InvariantCulture, $" pgsizes=0x{ZpciDmaDomain.PageSizes:x}"));
        on("dma_avail: ", _ => _domain.AvailableMappings.ToString(CultureInfo.InvariantCulture));
        on("iova_range: ", _ => string.Create(CultureInfo.InvariantCulture, $"[0x{ZpciDmaDomain.WindowStart:x},0x{_domain.WindowEnd:x}]"));
        on(@"MAP_DMA: iova=0x([0-9a-f]+) size=(\d+) ", match =>
        {
            var iova = ulong.Parse(match.Groups[1].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            return Map(iova, _p.TwoPages, ulong.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture));
        });
        on(@"MAP_DMA of BAR mapping \(type1\): ", _ => Map(ZpciDmaDomain.WindowStart + (1 << 20), bar(), UserAddressSpace.PageSize));
    }

    // What could be mapped was taken away again, before the next line.
    private string Map(ulong iova, ulong address, ulong length)
    {
        var result = _domain.Map(iova, _p.Process.Memory, address, length, DmaAccess.Read | DmaAccess.Write);
        if (!result.IsError)
            Assert.Equal((long)length, _domain.Unmap(iova, length).Value);
        return RecorderText.Full(result);
    }
}
