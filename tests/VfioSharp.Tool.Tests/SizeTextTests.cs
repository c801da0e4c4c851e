using FsCheck.Xunit;
using VfioSharp.Tool.Arguments;

namespace VfioSharp.Tool.Tests;

public sealed class SizeTextTests
{
    [Theory]
    [InlineData("512", 512)]
    [InlineData("0x200", 512)]
    [InlineData("4KiB", 4096)]
    [InlineData("4 KiB", 4096)]
    [InlineData("4kib", 4096)]
    [InlineData("16_384KiB", 16 << 20)]
    [InlineData("3TiB", 3L << 40)]
    [InlineData("0", 0)]
    public void A_size_is_bytes_or_has_a_unit(string text, long expected)
    {
        Assert.True(SizeText.TryParse(text, out var bytes));
        Assert.Equal((ulong)expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("KiB")]
    [InlineData("-1KiB")]
    [InlineData("1.5GiB")]
    [InlineData("4KB")]
    [InlineData("4K")]
    [InlineData("8388608TiB")]
    [InlineData("9223372036854775808")]
    public void Other_text_is_none(string? text) => Assert.False(SizeText.TryParse(text, out _));

    [Property]
    public void What_is_spelled_is_read_again(ulong bytes)
    {
        bytes >>= 1;

        Assert.True(SizeText.TryParse(SizeText.Spell(bytes), out var read));
        Assert.Equal(bytes, read);
    }
}
