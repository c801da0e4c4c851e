using System.Text;
using FsCheck.Xunit;
using VfioSharp.IbmZ;

namespace VfioSharp.Tests.IbmZ;

public sealed class EbcdicTextTests
{
    // The code pages that come with .NET 10, as the second opinion.
    private static readonly Encoding CodePage037 = CodePagesEncodingProvider.Instance.GetEncoding(37)!;

    [Fact]
    public void Every_code_that_is_no_control_character_is_what_the_code_page_says()
    {
        for (var code = 0; code < 256; code++)
        {
            var expected = CodePage037.GetString([(byte)code])[0];
            // A letter behind it, since spaces at the end are filling.
            Assert.Equal((char.IsControl(expected) ? '\ufffd' : expected) + "A", EbcdicText.Decode([(byte)code, 0xc1]));
        }
    }

    [Fact]
    public void What_fills_the_field_up_is_no_text()
    {
        Assert.Null(EbcdicText.Decode([]));
        Assert.Null(EbcdicText.Decode(new byte[64]));
        Assert.Null(EbcdicText.Decode([0x40, 0x40, 0x00, 0x40]));
        Assert.Equal("U78AA.P1 C5", EbcdicText.Decode([.. CodePage037.GetBytes("U78AA.P1 C5"), 0x40, 0x40, 0, 0, 0]));
    }

    [Property]
    public void No_bytes_put_a_control_character_into_the_text(byte[] field)
    {
        var text = EbcdicText.Decode(field);
        Assert.True(text is null || (text.Length <= field.Length && !text.Any(char.IsControl)));
    }
}
