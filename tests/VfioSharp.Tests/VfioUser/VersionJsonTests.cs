using System.Text;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Tests.VfioUser;

public sealed class VersionJsonTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        var capabilities = new VfioUserCapabilities
        {
            MaxMessageFds = 16,
            MaxDataTransferInBytes = 1 << 20,
            MaxDmaMaps = 65535,
            PageSizes = 4096,
            SupportsTwinSocket = true,
            TwinSocketFdIndex = 0,
            WritesMultiple = true,
            MigrationPageSizeInBytes = 4096,
            MaxMigrationBitmapInBytes = 256 << 20,
        };

        Assert.True(VersionJson.TryRead(VersionJson.Write(capabilities), out var read));
        Assert.Equal(capabilities, read);
    }

    [Fact]
    public void What_QEMU_sends_is_understood()
    {
        const string text = """
            {"capabilities": {"pgsizes": 4096, "max_msg_fds": 16, "max_dma_maps": 65535, "max_data_xfer_size": 1048576,
             "migration": {"max_bitmap_size": 268435456, "pgsize": 4096}, "write_multiple": true}}
            """;

        Assert.True(VersionJson.TryRead(Encoding.UTF8.GetBytes(text + "\0"), out var read));
        Assert.Equal(16u, read.MaxMessageFds);
        Assert.True(read.WritesMultiple);
        Assert.False(read.SupportsTwinSocket);
        Assert.Equal(4096ul, read.MigrationPageSizeInBytes);
    }

    [Fact]
    public void Page_sizes_are_a_mask_that_may_have_its_highest_bit_set()
    {
        Assert.True(VersionJson.TryRead("{\"capabilities\":{\"pgsizes\":18446744073709547520}}\0"u8, out var read));
        Assert.Equal(0xffff_ffff_ffff_f000, read.PageSizes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}\0")]
    [InlineData("{\"capabilities\":{}}\0")]
    [InlineData("{\"capabilities\":{\"somebody_elses\":[1,{}]},\"more\":1}\0")]
    public void What_says_nothing_leaves_everything_unsaid(string text)
    {
        Assert.True(VersionJson.TryRead(Encoding.UTF8.GetBytes(text), out var read));
        Assert.Equal(new VfioUserCapabilities(), read);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("\0")]
    [InlineData("{}\0\0")]
    [InlineData("{}\0{}\0")]
    [InlineData("{\"capabilities\":{}\0")]
    [InlineData("{\"capabilities\":\"x\"}\0")]
    [InlineData("{\"capabilities\":{\"max_msg_fds\":-1}}\0")]
    [InlineData("{\"capabilities\":{\"max_msg_fds\":1025}}\0")]
    [InlineData("{\"capabilities\":{\"max_msg_fds\":\"8\"}}\0")]
    [InlineData("{\"capabilities\":{\"max_data_xfer_size\":1e30}}\0")]
    [InlineData("{\"capabilities\":{\"pgsizes\":0}}\0")]
    [InlineData("{\"capabilities\":{\"pgsizes\":-4096}}\0")]
    [InlineData("{\"capabilities\":{\"migration\":[]}}\0")]
    [InlineData("{\"capabilities\":{\"migration\":{\"pgsize\":4095}}}\0")]
    [InlineData("{\"capabilities\":{\"migration\":{\"pgsize\":\"x\"}}}\0")]
    [InlineData("null\0")]
    [InlineData("[]\0")]
    public void What_makes_no_sense_is_refused(string text) => Assert.False(VersionJson.TryRead(Encoding.UTF8.GetBytes(text), out _));
}
