using System.Buffers.Binary;

namespace VfioSharp.Nvme.Identity;

/// <summary>
/// A list of active namespaces (NVMe Base 2.0, 5.17.2.2): up to 1024 numbers, ascending, all above the one that was asked for; 0 ends it. It comes from
/// outside: one that does not ascend would be asked for without end.
/// </summary>
internal static class ActiveNamespaceList
{
    private const int MostEntries = 1024;

    /// <summary>Reads a list.</summary>
    /// <param name="bytes">The list.</param>
    /// <param name="after">The namespace above which it was asked for.</param>
    /// <param name="highest">NN: the highest namespace that there can be.</param>
    /// <param name="namespaces">Takes the numbers.</param>
    /// <param name="device">The device, for messages.</param>
    /// <returns>Whether the list is full, so that there may be more.</returns>
    /// <exception cref="NvmeException">It does not ascend, or names a namespace that there cannot be.</exception>
    public static bool Read(ReadOnlySpan<byte> bytes, uint after, uint highest, List<uint> namespaces, string device)
    {
        for (var position = 0; position < MostEntries; position++)
        {
            var id = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(position * sizeof(uint))..]);
            if (id == 0)
                return false;
            if (id <= after || id > highest)
            {
                throw new NvmeException(
                    NvmeFailure.ProtocolViolation,
                    $"{device} lists namespace {id} after {after}; the list must ascend, and NN says that the highest is {highest}.");
            }

            namespaces.Add(id);
            after = id;
        }

        return true;
    }
}
