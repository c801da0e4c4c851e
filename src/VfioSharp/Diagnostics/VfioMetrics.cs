using System.Diagnostics.Metrics;
using VfioSharp.Interrupts;
using VfioSharp.Regions;

namespace VfioSharp.Diagnostics;

/// <summary>
/// The instruments of the meter "VfioSharp". Each costs one test of a flag while nobody listens; counts are exact from the moment that
/// somebody does.
/// </summary>
internal static class VfioMetrics
{
    private static readonly Meter Meter = new("VfioSharp");

    private static readonly KeyValuePair<string, object?>[] PathTags =
        Array.ConvertAll(Enum.GetValues<AccessPath>(), path => new KeyValuePair<string, object?>("path", path.ToString()));

    private static readonly KeyValuePair<string, object?>[] IndexTags =
        Array.ConvertAll(Enum.GetValues<InterruptIndex>(), index => new KeyValuePair<string, object?>("index", index.ToString()));

    /// <summary>Register accesses, tagged by path; an element of a block is an access.</summary>
    public static readonly Counter<long> Accesses =
        Meter.CreateCounter<long>("vfio.accesses", "{access}", "Register accesses by path; each element of a block counts.");

    /// <summary>Accesses that did not reach the device, tagged by path.</summary>
    public static readonly Counter<long> Faults =
        Meter.CreateCounter<long>("vfio.faults", "{fault}", "Register accesses that did not reach the device, by path.");

    /// <summary>Mappings that stand, tagged by kind: "bar", "dma", "client" or "image".</summary>
    public static readonly UpDownCounter<long> Mappings =
        Meter.CreateUpDownCounter<long>(
            "vfio.mappings", "{mapping}",
            "Mappings that stand: of BARs into the process, of memory for DMA, of memory that clients gave a server, and of images in memory.");

    /// <summary>Interrupts taken, tagged by index.</summary>
    public static readonly Counter<long> Interrupts =
        Meter.CreateCounter<long>("vfio.interrupts", "{interrupt}", "Interrupts taken from eventfds, by interrupt index.");

    /// <summary>The tag of a mapping of device memory.</summary>
    public static readonly KeyValuePair<string, object?> BarKind = new("kind", "bar");

    /// <summary>The tag of a mapping for DMA.</summary>
    public static readonly KeyValuePair<string, object?> DmaKind = new("kind", "dma");

    /// <summary>The tag of a mapping of memory that a client gave a server.</summary>
    public static readonly KeyValuePair<string, object?> ClientKind = new("kind", "client");

    /// <summary>The tag of a mapping of an image that lies in memory.</summary>
    public static readonly KeyValuePair<string, object?> ImageKind = new("kind", "image");

    /// <summary>The tag that names a path, made once.</summary>
    public static KeyValuePair<string, object?> Tag(AccessPath path) => PathTags[(int)path];

    /// <summary>The tag that names an interrupt index, made once.</summary>
    public static KeyValuePair<string, object?> Tag(InterruptIndex index) => IndexTags[(int)index];
}
