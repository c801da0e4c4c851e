using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server;

/// <summary>Walks the capabilities behind a region's description (docs/interop/vfio-user.rst, "VFIO region capabilities").</summary>
internal static class RegionCapabilities
{
    private const int MostCapabilities = 64;

    /// <summary>The sparse areas; none where there is no such capability, or the description has none of its capabilities with it.</summary>
    public static IReadOnlyList<(ulong Offset, ulong Size)> ReadAreas(Message info)
    {
        if ((info.U32(4) & Numbers.RegionCaps) == 0 || info.Payload.Length <= 32)
            return [];
        var areas = new List<(ulong, ulong)>();
        var offset = info.U32(12);
        for (var i = 0; offset != 0; i++)
        {
            Expect.That(i < MostCapabilities, "the capabilities of a region form a circle.");
            Expect.That(
                offset is >= 32 and < int.MaxValue - 16,
                $"a capability of a region lies at {offset}, within the fixed part or beyond the end.");
            var at = (int)offset;
            if (info.U16(at) == Numbers.CapabilitySparseMmap)
            {
                Expect.Equal(1, info.U16(at + 2), "the version of the sparse capability");
                var count = info.U32(at + 8);
                Expect.That(
                    count <= (info.Payload.Length - at - 16) / 16,
                    $"the sparse capability says {count} areas, more than there are bytes for.");
                for (var area = 0; area < count; area++)
                    areas.Add((info.U64(at + 16 + area * 16), info.U64(at + 24 + area * 16)));
            }

            offset = info.U32(at + 4);
        }

        return areas;
    }
}
