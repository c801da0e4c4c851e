using VfioSharp.Nvme.Specification;

namespace VfioSharp.Emulation.Nvme;

/// <summary>Something that a controller tells a driver by itself (NVMe Base 2.0, 5.2.1, figure 146).</summary>
/// <param name="Kind">Its kind; while one of a kind is told and its log page not read, others wait.</param>
/// <param name="Information">What of that kind.</param>
/// <param name="LogPage">Where more is told.</param>
internal readonly record struct AsyncEvent(AsyncEventKind Kind, byte Information, LogPageId LogPage)
{
    /// <summary>The result of the request's completion.</summary>
    public uint Result => (uint)Kind | (uint)Information << 8 | (uint)LogPage << 16;
}
