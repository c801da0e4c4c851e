namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>Which host of the model stands for the machine of a recording.</summary>
internal static class Replays
{
    private const ushort Ism = 0x04ed;
    private const ushort UnknownToLinux = 0x04ee;
    private const byte IsmFunctionType = 5;
    private const ulong IoremapStart = 0x37f_fe70_0000;
    private const ulong IoremapStartAtAnotherBoot = 0x37f_fe30_0000;

    /// <summary>A fresh replay. The kernels were Debian's 6.12.107 and 7.2.13.</summary>
    public static GoldenReplay Of(string recording) => recording switch
    {
        "linux-6.12" => new ProbeReplay("linux-6.12.107,nomio"),
        "linux-7.2" => new ProbeReplay("linux-7.2.13,nomio"),
        "mio-linux-7.2" => new MioReplay("linux-7.2.13,mio"),
        "mio-machine-pci-nomio-linux-7.2" => new MioReplay("linux-7.2.13,nomio"),
        "ism-linux-6.12" => new LargeBarReplay("linux-6.12.107,nomio", Ism, 0, IoremapStart),
        "ism-linux-7.2" => new LargeBarReplay("linux-7.2.13,nomio", Ism, 0, IoremapStart),
        "large-bar-no-quirk-linux-7.2" => new LargeBarReplay("linux-7.2.13,nomio", UnknownToLinux, 0, IoremapStart),
        "mio-ism-linux-6.12" => new LargeBarReplay("linux-6.12.107,mio", Ism, IsmFunctionType, IoremapStart),
        "mio-ism-linux-7.2" => new LargeBarReplay("linux-7.2.13,mio", Ism, IsmFunctionType, IoremapStart),
        "mio-large-bar-no-quirk-linux-7.2" => new LargeBarReplay("linux-7.2.13,mio", UnknownToLinux, IsmFunctionType, IoremapStartAtAnotherBoot),
        _ => throw new ArgumentOutOfRangeException(nameof(recording), recording, "Nothing says which host this recording was made on."),
    };
}
