using System.Buffers.Binary;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Identity;

/// <summary>
/// The descriptors of a namespace (NVMe Base 2.0, 5.17.2.3, figure 277). They come from outside: a descriptor of another length than its type
/// has, or one of an unknown type, is passed over, and the list ends where a descriptor does not fit into it.
/// </summary>
internal sealed class NamespaceDescriptors
{
    private const int HeaderInBytes = 4;

    private NamespaceDescriptors(byte[]? eui64, byte[]? nguid, Guid uuid, byte? commandSet)
    {
        Eui64 = eui64;
        Nguid = nguid;
        Uuid = uuid;
        CommandSet = commandSet;
    }

    /// <summary>The EUI-64, 8 bytes, most significant first; null where there is none.</summary>
    public byte[]? Eui64 { get; }

    /// <summary>The NGUID, 16 bytes, most significant first; null where there is none.</summary>
    public byte[]? Nguid { get; }

    /// <summary>The UUID; <see cref="Guid.Empty"/> where there is none.</summary>
    public Guid Uuid { get; }

    /// <summary>The I/O command set; null where the controller does not say it.</summary>
    public byte? CommandSet { get; }

    /// <summary>What a namespace has whose controller does not offer the list.</summary>
    public static NamespaceDescriptors None { get; } = new(null, null, Guid.Empty, null);

    /// <summary>Reads a list.</summary>
    /// <param name="list">The list.</param>
    /// <returns>What it holds; of several descriptors of one type the first.</returns>
    public static NamespaceDescriptors Parse(ReadOnlySpan<byte> list)
    {
        byte[]? eui64 = null;
        byte[]? nguid = null;
        var uuid = Guid.Empty;
        byte? commandSet = null;
        while (list.Length > HeaderInBytes && list[0] != 0)
        {
            var length = list[1];
            if (length == 0 || length > list.Length - HeaderInBytes)
                break;
            var value = list.Slice(HeaderInBytes, length);
            switch ((NamespaceIdKind)list[0], length)
            {
                case (NamespaceIdKind.Eui64, 8):
                    eui64 ??= value.ToArray();
                    break;
                case (NamespaceIdKind.Nguid, 16):
                    nguid ??= value.ToArray();
                    break;
                case (NamespaceIdKind.Uuid, 16):
                    uuid = uuid == Guid.Empty ? ReadUuid(value) : uuid;
                    break;
                case (NamespaceIdKind.CommandSet, 1):
                    commandSet ??= value[0];
                    break;
            }

            list = list[(HeaderInBytes + length)..];
        }

        return new NamespaceDescriptors(eui64, nguid, uuid, commandSet);
    }

    // RFC 4122: most significant byte first.
    private static Guid ReadUuid(ReadOnlySpan<byte> value) => new(
        BinaryPrimitives.ReadInt32BigEndian(value),
        BinaryPrimitives.ReadInt16BigEndian(value[4..]),
        BinaryPrimitives.ReadInt16BigEndian(value[6..]),
        value[8], value[9], value[10], value[11], value[12], value[13], value[14], value[15]);
}
