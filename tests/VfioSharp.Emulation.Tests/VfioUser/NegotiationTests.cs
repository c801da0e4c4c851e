using System.Text;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class NegotiationTests : IDisposable
{
    private readonly EngineFunction _function = new();
    private readonly RegisterFile _registers = new();

    public void Dispose()
    {
        _function.Dispose();
        _registers.Dispose();
    }

    [Fact]
    public void The_reply_says_what_the_server_takes_and_nothing_that_QEMU_does_not_know()
    {
        using var client = TestClient.Attach(_registers, json: null);
        using var answer = client.Call(VfioUserCommand.Version, TestClient.VersionPayload(TestClient.QemuJson));
        Assert.Equal(
            """{"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576,"max_dma_maps":65535,"pgsizes":4096,"write_multiple":true}}""" + "\0",
            Encoding.UTF8.GetString(answer.Payload[4..]));
        Assert.Equal(new byte[4], answer.Payload[..4]);
        Assert.Empty(answer.Fds);
    }

    [Fact]
    public void A_function_that_can_be_moved_says_its_page_and_limits_that_are_set_are_said()
    {
        using var client = TestClient.Attach(_function, new() { MaxMessageFds = 3, MaxDataTransferInBytes = 8192, MaxDmaMaps = 5 }, json: null);
        using var answer = client.Call(VfioUserCommand.Version, TestClient.VersionPayload(TestClient.QemuJson));
        Assert.Equal(
            """{"capabilities":{"max_msg_fds":3,"max_data_xfer_size":8192,"max_dma_maps":5,"pgsizes":4096,"write_multiple":true,"migration":{"pgsize":4096}}}""" + "\0",
            Encoding.UTF8.GetString(answer.Payload[4..]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"capabilities":{}}""")]
    [InlineData("""{"capabilities":{"max_msg_fds":32,"max_data_xfer_size":1024}}""")]
    [InlineData("""{"capabilities":{"something_new":[1,2,{"a":null}]},"more":1}""")]
    public void Whatever_a_client_may_say_of_itself_is_taken(string? json)
    {
        using var client = TestClient.Attach(_registers, json: null);
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.Version, TestClient.VersionPayload(json)));
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.DeviceReset, []));
    }

    [Fact]
    public void The_minor_version_of_the_reply_is_0_whatever_the_clients_is()
    {
        using var client = TestClient.Attach(_registers, json: null);
        using var answer = client.Call(VfioUserCommand.Version, TestClient.VersionPayload(null, minor: 7));
        Assert.Equal(new byte[4], answer.Payload[..4]);
    }

    [Theory]
    [InlineData("""{"capabilities":{"max_msg_fds":"x"}}""")]
    [InlineData("""{"capabilities":{"max_msg_fds":-1}}""")]
    [InlineData("""{"capabilities":{"max_msg_fds":1025}}""")]
    [InlineData("""{"capabilities":"none"}""")]
    [InlineData("""{"capabilities":{"migration":"none"}}""")]
    [InlineData("""{"capabilities":{"migration":{"pgsize":4095}}}""")]
    [InlineData("""{"capabilities":{"migration":{"pgsize":"x"}}}""")]
    [InlineData("""{"capabilities":{"max_data_xfer_size":1024}""")]
    [InlineData("""{"capabilities":{"max_data_xfer_size:1024}}""")]
    [InlineData("")]
    public void JSON_that_is_none_or_says_what_cannot_be_ends_the_connection(string json)
    {
        using var client = TestClient.Attach(_function, json: null);
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.Version, TestClient.VersionPayload(json)));
        Assert.Null(client.Receive());
        Assert.True(client.Server!.Wait(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void JSON_without_its_end_ends_the_connection()
    {
        using var client = TestClient.Attach(_function, json: null);
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.Version, Wire.Pack(0u, "{}"u8.ToArray())));
        Assert.Null(client.Receive());
    }

    [Theory]
    [InlineData(1, 0, 4)]
    [InlineData(65535, 0, 4)]
    [InlineData(0, 0, 3)]
    [InlineData(0, 0, 0)]
    public void A_major_version_other_than_0_or_none_ends_the_connection(int major, int minor, int length)
    {
        using var client = TestClient.Attach(_function, json: null);
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.Version, Wire.Pack((ushort)major, (ushort)minor)[..length]));
        Assert.Null(client.Receive());
    }

    [Fact]
    public void Another_command_than_VERSION_before_it_ends_the_connection()
    {
        using var client = TestClient.Attach(_function, json: null);
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.RegionWrite, Wire.Pack(0x80ul, 0u, 4u, 1u)));
        Assert.Null(client.Receive());
        Assert.Empty(_function.Accesses);
    }

    [Fact]
    public void A_descriptor_with_VERSION_ends_the_connection_and_is_closed()
    {
        using var file = new SharedFile(1);
        using var client = TestClient.Attach(_function, json: null);
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.Version, TestClient.VersionPayload("{}"), file.Descriptor));
        Assert.Null(client.Receive());
        client.Server!.Dispose();
        Assert.Equal(1, file.OpenCount);
    }

    [Fact]
    public void A_client_that_asks_for_a_second_socket_gets_one_unless_the_server_offers_none()
    {
        const string Json = """{"capabilities":{"max_msg_fds":1,"twin_socket":{"supported":true}}}""";
        using (var client = TestClient.Attach(_registers, json: null))
        {
            using var answer = client.Call(VfioUserCommand.Version, TestClient.VersionPayload(Json));
            Assert.Contains("""
                "twin_socket":{"supported":true,"fd_index":0}
                """, Encoding.UTF8.GetString(answer.Payload[4..]));
            Assert.Single(answer.Fds);
        }

        using (var client = TestClient.Attach(_registers, new() { OffersTwinSocket = false }, json: null))
        {
            using var answer = client.Call(VfioUserCommand.Version, TestClient.VersionPayload(Json));
            Assert.DoesNotContain("twin_socket", Encoding.UTF8.GetString(answer.Payload[4..]));
            Assert.Empty(answer.Fds);
        }

        using (var client = TestClient.Attach(_registers, json: null))
        {
            using var answer = client.Call(VfioUserCommand.Version, TestClient.VersionPayload(Json.Replace("fds\":1", "fds\":0", StringComparison.Ordinal)));
            Assert.Equal((Errno.None, 0), (answer.Errno, answer.Fds.Length));
        }
    }
}
