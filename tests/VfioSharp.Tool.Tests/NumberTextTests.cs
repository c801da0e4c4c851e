using System.Globalization;
using FsCheck.Xunit;
using VfioSharp.Tool.Arguments;

namespace VfioSharp.Tool.Tests;

public sealed class NumberTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("0x1000", 0x1000)]
    [InlineData("0XfF", 0xff)]
    [InlineData("0xffff_ffff_ffff_ffff", ulong.MaxValue)]
    [InlineData("1_000", 1000)]
    public void A_number_is_decimal_or_hexadecimal(string text, ulong expected)
    {
        Assert.True(NumberText.TryParse(text, out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("ff")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1.0")]
    [InlineData("_1")]
    [InlineData("1_")]
    [InlineData("1__0")]
    [InlineData("0x_1")]
    [InlineData("0x1_0000_0000_0000_0000")]
    [InlineData("18446744073709551616")]
    public void Anything_else_is_no_number(string? text) => Assert.False(NumberText.TryParse(text, out _));

    [Property]
    public bool Every_number_is_read_back(ulong value) =>
        NumberText.TryParse(value.ToString(CultureInfo.InvariantCulture), out var fromDecimal) && fromDecimal == value
        && NumberText.TryParse("0x" + value.ToString("x", CultureInfo.InvariantCulture), out var fromHex) && fromHex == value;
}
