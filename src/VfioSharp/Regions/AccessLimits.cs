namespace VfioSharp.Regions;

/// <summary>
/// For each width the first offset at which an access no longer fits: one comparison on the hot path, without an overflow to think of.
/// The default value lets nothing through, which is how a window turns every access away from its hot path.
/// </summary>
internal readonly struct AccessLimits(ulong lengthInBytes)
{
    public readonly ulong Width8 = lengthInBytes;
    public readonly ulong Width16 = lengthInBytes < 1 ? 0 : lengthInBytes - 1;
    public readonly ulong Width32 = lengthInBytes < 3 ? 0 : lengthInBytes - 3;
    public readonly ulong Width64 = lengthInBytes < 7 ? 0 : lengthInBytes - 7;
}
