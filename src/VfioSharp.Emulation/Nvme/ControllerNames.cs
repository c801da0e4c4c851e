using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace VfioSharp.Emulation.Nvme;

/// <summary>The names by which hosts know a controller and its namespaces again. Immutable.</summary>
internal sealed class ControllerNames
{
    private const string QualifiedPrefix = "nqn.2014-08.org.nvmexpress:uuid:";
    private const byte CustomVersion = 0x80;
    private const byte Variant = 0x80;

    private ControllerNames(string serialNumber)
    {
        SerialNumber = serialNumber;
        SubsystemName = QualifiedPrefix + Format(MakeUuid(0));
    }

    /// <summary>SN.</summary>
    public string SerialNumber { get; }

    /// <summary>SUBNQN: a name made from a UUID (NVMe Base 2.0, 4.5).</summary>
    public string SubsystemName { get; }

    /// <summary>The names that options give.</summary>
    public static ControllerNames Of(NvmeFunctionOptions options) => new(options.SerialNumber ?? MakeSerialNumber(options));

    /// <summary>The UUID of a namespace, most significant byte first (RFC 9562, version 8: a digest of what it belongs to).</summary>
    /// <param name="namespaceId">The namespace; 0 for the subsystem.</param>
    public byte[] MakeUuid(uint namespaceId)
    {
        var seed = string.Create(CultureInfo.InvariantCulture, $"{SerialNumber}/{namespaceId}");
        var uuid = Digest(seed).AsSpan(0, 16).ToArray();
        uuid[6] = (byte)((uuid[6] & 0x0f) | CustomVersion);
        uuid[8] = (byte)((uuid[8] & 0x3f) | Variant);
        return uuid;
    }

    private static string Format(byte[] uuid)
    {
        var digits = new StringBuilder(36);
        for (var i = 0; i < uuid.Length; i++)
        {
            if (i is 4 or 6 or 8 or 10)
                digits.Append('-');
            digits.Append(uuid[i].ToString("x2", CultureInfo.InvariantCulture));
        }

        return digits.ToString();
    }

    // Two controllers of one number would be one for a host, which refuses the second.
    private static string MakeSerialNumber(NvmeFunctionOptions options)
    {
        var paths = new StringBuilder();
        foreach (var image in options.Images)
        {
            // What is in memory alone is another one the next time.
            if (image.Path is not { } path)
                return Serial(Guid.NewGuid().ToByteArray());
            paths.Append(Path.GetFullPath(path)).Append('\n');
        }

        return Serial(paths.Length == 0 ? Guid.NewGuid().ToByteArray() : Digest(paths.ToString()));
    }

    private static string Serial(ReadOnlySpan<byte> bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"VFIO{BinaryPrimitives.ReadUInt64BigEndian(bytes):X16}");

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
