using System.Globalization;

namespace VfioSharp.Tests.Config;

/// <summary>
/// Configuration spaces as Linux 6.12 read them from QEMU's functions (`od -An -v -tx1 /sys/bus/pci/devices/.../config`), as offset and
/// 16 bytes; lines of zeros are left out.
/// </summary>
internal static class CapturedFunctions
{
    /// <summary>`-device nvme`.</summary>
    public const string Nvme = """
        000: 36 1b 10 00 07 01 10 00 02 02 08 01 00 00 00 00
        010: 04 00 80 fe 00 00 00 00 00 00 00 00 00 00 00 00
        020: 00 00 00 00 00 00 00 00 00 00 00 00 f4 1a 00 11
        030: 00 00 00 00 40 00 00 00 00 00 00 00 0b 01 00 00
        040: 11 80 40 00 00 20 00 00 00 30 00 00 00 00 00 00
        060: 01 00 03 00 08 00 00 00 00 00 00 00 00 00 00 00
        080: 10 60 02 00 20 80 00 10 00 00 00 00 11 04 00 00
        090: 00 00 11 00 00 00 00 00 00 00 00 00 00 00 00 00
        0a0: 00 00 00 00 00 00 30 00 00 00 00 00 00 00 00 00
        """;

    /// <summary>`-device e1000e`.</summary>
    public const string E1000e = """
        000: 86 80 d3 10 03 01 10 00 00 00 00 02 00 00 00 00
        010: 00 00 00 fe 00 00 02 fe 01 d0 00 00 00 00 04 fe
        020: 00 00 00 00 00 00 00 00 00 00 00 00 86 80 00 00
        030: 00 00 00 00 c8 00 00 00 00 00 00 00 0b 01 00 00
        0a0: 11 00 04 00 03 00 00 00 03 20 00 00 00 00 00 00
        0c0: 00 00 00 00 00 00 00 00 01 d0 22 00 00 00 00 00
        0d0: 05 e0 80 00 00 00 00 00 00 00 00 00 00 00 00 00
        0e0: 10 a0 01 00 20 80 00 00 00 00 00 00 11 04 00 00
        0f0: 00 00 11 00 00 00 00 00 00 00 00 00 00 00 00 00
        100: 01 00 02 14 00 00 00 00 00 00 40 02 30 20 46 00
        110: 00 00 00 00 00 e0 00 00 a0 00 00 00 00 00 00 00
        140: 03 00 01 00 56 34 12 ff ff 00 54 52 00 00 00 00
        """;

    /// <summary>`-device igb`.</summary>
    public const string Igb = """
        000: 86 80 c9 10 03 01 10 00 01 00 00 02 00 00 00 00
        010: 00 00 e0 fd 00 00 e2 fd 01 c0 00 00 04 00 e4 fd
        020: 00 00 00 00 00 00 00 00 00 00 00 00 f4 1a 00 11
        030: 00 00 00 00 40 00 00 00 00 00 00 00 0b 01 00 00
        040: 01 50 22 00 00 00 00 00 00 00 00 00 00 00 00 00
        050: 05 70 80 01 00 00 00 00 00 00 00 00 00 00 00 00
        070: 11 a0 09 00 03 00 00 00 03 20 00 00 00 00 00 00
        0a0: 10 00 02 00 20 80 00 10 00 00 00 00 11 04 00 00
        0b0: 00 00 11 00 00 00 00 00 00 00 00 00 00 00 00 00
        0c0: 00 00 00 00 00 00 30 00 00 00 00 00 00 00 00 00
        100: 01 00 01 15 00 00 00 00 00 00 40 02 30 20 46 00
        110: 00 00 00 00 00 e0 00 00 a0 00 00 00 00 00 00 00
        150: 0e 00 01 16 00 00 00 00 00 00 00 00 00 00 00 00
        160: 10 00 01 00 00 00 00 00 10 00 00 00 08 00 08 00
        170: 00 00 00 00 80 00 02 00 00 00 ca 10 53 05 00 00
        180: 01 00 00 00 0c 00 00 fd 00 00 00 00 00 00 00 00
        190: 0c 00 02 fd 00 00 00 00 00 00 00 00 00 00 00 00
        """;

    /// <summary>`-device pcie-root-port`.</summary>
    public const string RootPort = """
        000: 36 1b 0c 00 07 05 10 00 00 00 04 06 00 00 01 00
        010: 00 00 a0 fe 00 00 00 00 00 01 01 00 10 10 00 00
        020: 80 fe 90 fe 81 fd 91 fd 00 00 00 00 00 00 00 00
        030: 00 00 00 00 54 00 00 00 00 00 00 00 0b 01 02 00
        040: 0d 00 00 00 36 1b 00 00 11 40 00 80 00 00 00 00
        050: 00 08 00 00 10 48 42 01 20 80 00 00 0f 00 00 00
        060: 04 06 30 00 00 00 11 00 7b 00 0a 00 c0 03 00 00
        070: 00 00 00 00 00 00 00 00 20 00 30 00 00 00 00 00
        080: 1e 00 00 00 04 00 00 00 00 00 00 00 00 00 00 00
        100: 01 00 82 14 00 00 00 00 00 00 40 02 30 20 46 00
        110: 00 00 00 00 00 e0 00 00 a0 02 00 00 00 00 00 00
        120: 00 00 00 00 00 00 00 00 00 00 00 00 07 00 00 00
        140: 00 00 00 00 00 00 00 00 0d 00 01 00 5f 00 1d 00
        """;

    /// <summary>The 4096 bytes of a function.</summary>
    /// <param name="function">The name of one of the constants.</param>
    public static byte[] Bytes(string function)
    {
        var dump = function switch
        {
            nameof(Nvme) => Nvme,
            nameof(E1000e) => E1000e,
            nameof(Igb) => Igb,
            nameof(RootPort) => RootPort,
            _ => throw new ArgumentOutOfRangeException(nameof(function), function, "No such dump."),
        };
        var bytes = new byte[4096];
        foreach (var line in dump.Split('\n'))
        {
            var offset = int.Parse(line.AsSpan(0, 3), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Convert.FromHexString(line[5..].Replace(" ", "", StringComparison.Ordinal)).CopyTo(bytes, offset);
        }

        return bytes;
    }
}
