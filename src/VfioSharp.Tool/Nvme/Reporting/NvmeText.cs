using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Tool.Nvme.Reporting;

/// <summary>Fields of NVMe's structures as text and numbers. What a device says is not to be trusted: it can be anything.</summary>
internal static class NvmeText
{
    private const int UuidLengthInBytes = 16;

    /// <summary>A text up to its end or the first 0, with what it is filled up with, as nvme-cli has it.</summary>
    public static string Decode(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>A text without what it is filled up with, fit for a terminal.</summary>
    public static string Spell(ReadOnlySpan<byte> field) =>
        string.Concat(Decode(field).Trim().Select(character => char.IsControl(character) ? ' ' : character));

    /// <summary>Bytes in their order, two digits each.</summary>
    public static string SpellHexadecimal(ReadOnlySpan<byte> field)
    {
        var text = new StringBuilder(2 * field.Length);
        foreach (var value in field)
            text.Append(value.ToString("x2", CultureInfo.InvariantCulture));
        return text.ToString();
    }

    /// <summary>A UUID, whose bytes come in the order of its digits.</summary>
    public static string SpellUuid(ReadOnlySpan<byte> field)
    {
        var digits = SpellHexadecimal(field[..UuidLengthInBytes]);
        return $"{digits[..8]}-{digits[8..12]}-{digits[12..16]}-{digits[16..20]}-{digits[20..]}";
    }

    /// <summary>A count of 128 bit.</summary>
    public static BigInteger Count(Le128 field) => new BigInteger(field.High.Value) << 64 | field.Low.Value;

    /// <summary>A count of 128 bit as a number of JSON, which has as many digits as it takes.</summary>
    public static JsonNode Number(Le128 field) => JsonNode.Parse(Count(field).ToString(CultureInfo.InvariantCulture))!;
}
