using System.Globalization;
using VfioSharp.Regions;
using VfioSharp.Tool.Scripts;
using VfioSharp.Zpci.Kernel;

namespace VfioSharp.Tool.Zpci;

/// <summary>What VFIO says of a region, as a step's result.</summary>
internal static class RegionText
{
    public static StepResult Of(KernelResult result, VfioSharp.Zpci.Vfio.RegionInfo info) => result.IsError
        ? StepResult.OfCall(result.Return, result.Errno)
        : StepResult.OfSuccess(
            string.Create(
                CultureInfo.InvariantCulture, $"size=0x{info.SizeInBytes:x} flags=0x{(uint)info.Flags:x}({Names(info.Flags)}) offset=0x{info.Offset:x}"),
            Names(info.Flags));

    /// <summary>The flags by name, without the one that only says that more follows.</summary>
    public static string Names(RegionFlags flags) => string.Join(", ", new[] { RegionFlags.Read, RegionFlags.Write, RegionFlags.Mmap }
        .Where(flag => (flags & flag) != 0)
        .Select(flag => flag.ToString().ToUpperInvariant()));
}
