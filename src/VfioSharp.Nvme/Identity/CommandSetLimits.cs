using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Identity;

/// <summary>
/// How much one command of the NVM command set may ask for, of those that move no data (NVM Command Set 1.0, 4.1.5.4, figure 117). Controllers
/// without the structure set no limit but the command's own.
/// </summary>
/// <param name="MaxVerifyInBytes">VSL: the most that a Verify checks; null for no limit.</param>
/// <param name="MaxWriteZeroesInBytes">WZSL: the most that a Write Zeroes clears; null for no limit.</param>
internal sealed record CommandSetLimits(long? MaxVerifyInBytes, long? MaxWriteZeroesInBytes)
{
    private const int VerifyShiftOffset = 0;
    private const int WriteZeroesShiftOffset = 1;
    private const int LargestShift = 40;

    /// <summary>The limits of a controller that states none.</summary>
    public static CommandSetLimits None { get; } = new(null, null);

    /// <summary>Reads what a controller sent for <see cref="IdentifyKind.CommandSetController"/>.</summary>
    /// <param name="bytes">The structure.</param>
    /// <param name="minPageSizeInBytes">CAP.MPSMIN, in which the limits count.</param>
    public static CommandSetLimits Parse(ReadOnlySpan<byte> bytes, long minPageSizeInBytes) => new(
        Limit(bytes[VerifyShiftOffset], minPageSizeInBytes), Limit(bytes[WriteZeroesShiftOffset], minPageSizeInBytes));

    private static long? Limit(byte shift, long minPageSizeInBytes) => shift is 0 or > LargestShift - 28 ? null : minPageSizeInBytes << shift;
}
