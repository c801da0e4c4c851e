namespace VfioSharp.Zpci.Vfio;

/// <summary>vdev->barmap[]: the kernel's own mapping of a BAR, or why there is none. Immutable.</summary>
/// <param name="Errno">Why there is none.</param>
/// <param name="IoAddress">What the kernel's accessors take: a cookie, or the physical address behind ioremap()'s mapping.</param>
/// <param name="KernelAddress">Where ioremap() mapped it; null for a cookie, which takes no room.</param>
internal sealed record BarMap(Errno Errno, ulong IoAddress, ulong? KernelAddress)
{
    public static BarMap Refused(Errno errno) => new(errno, 0, null);
}
