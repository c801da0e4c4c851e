namespace VfioSharp.Tool.Demo;

/// <summary>What the demonstration claims, it has seen: a claim that does not hold ends it.</summary>
internal static class Check
{
    /// <summary>Goes on where a claim holds.</summary>
    /// <param name="holds">Whether it does.</param>
    /// <param name="device">The device that it is about.</param>
    /// <param name="claim">The claim, as what comes behind "that".</param>
    /// <param name="found">What was found instead, as a sentence.</param>
    /// <exception cref="VfioException">It does not.</exception>
    public static void That(bool holds, DeviceAddress device, string claim, FormattableString found)
    {
        if (!holds)
            throw new VfioException($"confirm that {claim}", device.ToString(), Errno.None, FormattableString.Invariant(found));
    }
}
