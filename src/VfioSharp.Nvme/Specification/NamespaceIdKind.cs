namespace VfioSharp.Nvme.Specification;

/// <summary>NIDT: what a descriptor of a namespace holds (NVMe Base 2.0, 5.17.2.3, figure 277).</summary>
public enum NamespaceIdKind : byte
{
    /// <summary>IEEE EUI-64, 8 bytes, big-endian.</summary>
    Eui64 = 1,

    /// <summary>NGUID, 16 bytes, big-endian.</summary>
    Nguid = 2,

    /// <summary>UUID, 16 bytes, big-endian (RFC 4122).</summary>
    Uuid = 3,

    /// <summary>The I/O command set, 1 byte.</summary>
    CommandSet = 4,
}
