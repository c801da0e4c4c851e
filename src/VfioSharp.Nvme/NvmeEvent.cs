using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>An asynchronous event of a controller (NVMe Base 2.0, 5.2.1). The driver has read its log page, which is what lets the next one of its kind come.</summary>
/// <param name="Kind">Its type.</param>
/// <param name="Information">What happened; the numbers belong to the type. Of an error it is an <see cref="AsyncErrorEvent"/>.</param>
/// <param name="LogPage">The log page that says more.</param>
public sealed record NvmeEvent(AsyncEventKind Kind, byte Information, LogPageId LogPage)
{
    private const byte NamespaceAttributesChanged = 0;

    /// <summary>
    /// The namespaces that changed, where the event is a notice of that, ascending. <see cref="NvmeController.Namespaces"/> shows them as they are
    /// now already. Otherwise empty.
    /// </summary>
    public IReadOnlyList<uint> ChangedNamespaces { get; init; } = [];

    /// <summary>Whether it is the notice that namespaces came, went or changed.</summary>
    public bool TellsOfNamespaces => Kind == AsyncEventKind.Notice && Information == NamespaceAttributesChanged;

    /// <summary>The event in a few words.</summary>
    /// <returns>"Notice 0, log page ChangedNamespaces".</returns>
    public override string ToString() => $"{Kind} {(Kind == AsyncEventKind.Error ? ((AsyncErrorEvent)Information).ToString() : Information.ToString(System.Globalization.CultureInfo.InvariantCulture))}, log page {LogPage}";

    /// <summary>Reads the result of a request for an event (figure 145).</summary>
    /// <param name="result">DW0 of its completion.</param>
    internal static NvmeEvent Parse(uint result) => new((AsyncEventKind)(result & 7), (byte)(result >> 8), (LogPageId)(byte)(result >> 16));
}
