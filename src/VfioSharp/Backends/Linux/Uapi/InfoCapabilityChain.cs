using System.Runtime.InteropServices;
using VfioSharp.Regions;

namespace VfioSharp.Backends.Linux.Uapi;

/// <summary>
/// Walks the capabilities that VFIO appends to an answer (include/uapi/linux/vfio.h, struct vfio_info_cap_header: id, version, offset
/// of the next header from the answer's start; host byte order).
/// </summary>
internal static class InfoCapabilityChain
{
    private const int HeaderSize = 8;

    /// <summary>Reads the chain.</summary>
    /// <param name="answer">The whole answer.</param>
    /// <param name="firstOffset">Where the first header lies, or 0 for none.</param>
    /// <returns>
    /// The capabilities in the order of their offsets in the chain. The kernel links forwards only: an offset that does not advance, or
    /// leaves the answer, ends the walk, so that a bad answer costs capabilities and nothing else.
    /// </returns>
    public static IReadOnlyList<InfoCapability> Read(ReadOnlySpan<byte> answer, uint firstOffset)
    {
        var capabilities = new List<InfoCapability>();
        var offset = firstOffset;
        var previous = 0u;
        while (offset > previous && offset <= answer.Length - HeaderSize)
        {
            var header = answer[(int)offset..];
            var id = MemoryMarshal.Read<ushort>(header);
            var version = MemoryMarshal.Read<ushort>(header[2..]);
            var next = MemoryMarshal.Read<uint>(header[4..]);
            var end = next > offset && next <= answer.Length ? (int)next : answer.Length;
            capabilities.Add(new InfoCapability(id, version, answer[((int)offset + HeaderSize)..Math.Max(end, (int)offset + HeaderSize)].ToArray()));
            previous = offset;
            offset = next;
        }

        return capabilities;
    }
}
