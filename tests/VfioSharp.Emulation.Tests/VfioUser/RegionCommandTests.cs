using FsCheck.Xunit;
using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class RegionCommandTests : IDisposable
{
    private readonly EngineFunction _function = new();
    private readonly TestClient _client;

    public RegionCommandTests() => _client = TestClient.Attach(_function);

    public void Dispose()
    {
        _client.Dispose();
        _function.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void An_access_arrives_once_with_its_width_and_reads_back(int width)
    {
        var data = Enumerable.Range(1, width).Select(i => (byte)i).ToArray();
        _client.WriteRegion(0, 0x200, data);
        Assert.Equal(data, _client.ReadRegion(0, 0x200, (uint)width));
        Assert.Equal([(0x200ul, width)], _function.Accesses);
    }

    [Fact]
    public void A_long_access_is_split_into_registers()
    {
        var data = Enumerable.Range(0, 1000).Select(i => (byte)i).ToArray();
        _client.WriteRegion(0, 0x201, data);
        Assert.Equal(data, _client.ReadRegion(0, 0x201, 1000));
    }

    [Fact]
    public void Configuration_space_is_read_as_a_whole_and_sizes_its_BARs()
    {
        Assert.Equal(256, _client.ReadRegion(7, 0, 256).Length);
        Assert.Equal([0xf4, 0x1a, 0xf2, 0x10], _client.ReadRegion(7, 0, 4));
        _client.WriteRegion(7, 0x10, 0xff, 0xff, 0xff, 0xff);
        Assert.Equal([0x00, 0xf0, 0xff, 0xff], _client.ReadRegion(7, 0x10, 4));
    }

    [Fact]
    public void A_posted_write_gets_no_answer_and_is_done_before_what_follows()
    {
        _client.Send(VfioUserCommand.RegionWrite, Wire.Pack(0x80ul, 0u, 4u, 0x12345678u), VfioUserHeader.FlagNoReply);
        Assert.Equal(0x12345678u, _client.ReadRegion(0, 0x80, 4).U32(0));
    }

    [Fact]
    public void A_posted_write_that_is_refused_gets_no_answer_either()
    {
        _client.Send(VfioUserCommand.RegionWrite, Wire.Pack(0x1000ul, 0u, 4u, 1u), VfioUserHeader.FlagNoReply);
        Assert.Equal(0u, _client.ReadRegion(0, 0x80, 4).U32(0));
        Assert.Equal(1, _client.Server!.RefusalCount);
    }

    [Theory]
    [InlineData(0x1000ul, 0u, 1u)]
    [InlineData(0xffful, 0u, 2u)]
    [InlineData(0ul, 0u, 0x1001u)]
    [InlineData(ulong.MaxValue, 0u, 1u)]
    [InlineData(ulong.MaxValue - 3, 0u, 4u)]
    [InlineData(0ul, 1u, 1u)]
    [InlineData(0ul, 6u, 1u)]
    [InlineData(0ul, 8u, 1u)]
    [InlineData(256ul, 7u, 1u)]
    [InlineData(0ul, 9u, 1u)]
    [InlineData(0ul, uint.MaxValue, 1u)]
    [InlineData(0ul, 0u, (1u << 20) + 1)]
    [InlineData(0ul, 0u, uint.MaxValue)]
    public void What_lies_outside_of_a_region_is_refused(ulong offset, uint region, uint count)
    {
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.RegionRead, Wire.Pack(offset, region, count)));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.RegionWrite, Wire.Pack(offset, region, count, new byte[Math.Min(count, 0x2000)])));
        Assert.Empty(_function.Accesses);
    }

    [Fact]
    public void An_access_of_nothing_is_done_also_where_there_is_nothing()
    {
        foreach (var region in new[] { 0u, 1u, 7u, 8u })
        {
            using var read = _client.Call(VfioUserCommand.RegionRead, Wire.Pack(0ul, region, 0u));
            using var write = _client.Call(VfioUserCommand.RegionWrite, Wire.Pack(0ul, region, 0u));
            Assert.Equal(Wire.Pack(0ul, region, 0u), read.Payload);
            Assert.Equal(Wire.Pack(0ul, region, 0u), write.Payload);
        }

        Assert.Empty(_function.Accesses);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(0)]
    public void A_write_whose_count_is_not_that_of_its_bytes_is_refused(int length) =>
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.RegionWrite, Wire.Pack(0x80ul, 0u, 4u, new byte[length])));

    [Theory]
    [InlineData(9)]
    [InlineData(10)]
    public void A_message_that_is_shorter_than_its_head_is_refused(int command) =>
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf((VfioUserCommand)command, new byte[15]));

    [Fact]
    public void As_many_writes_as_QEMU_puts_into_a_message_are_taken_whatever_the_limit_for_data_is()
    {
        using var function = new EngineFunction();
        using var client = TestClient.Attach(function, new() { MaxDataTransferInBytes = 4096 });
        var writes = Enumerable.Range(0, 200).SelectMany(i => Wire.Pack(0x100ul + 4 * (ulong)i, 0u, 4u, (ulong)i)).ToArray();
        using (var answer = client.Call(VfioUserCommand.RegionWriteMulti, Wire.Pack(200ul, writes)))
            Assert.Equal(Wire.Pack(200ul), answer.Payload);
        Assert.Equal(199u, client.ReadRegion(0, 0x100 + 4 * 199, 4).U32(0));
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.RegionRead, Wire.Pack(0ul, 0u, 4097u)));
    }

    [Fact]
    public void Several_writes_in_a_message_are_done_in_order()
    {
        var payload = Wire.Pack(
            3ul,
            0x80ul, 0u, 4u, 0x11111111u, 0u,
            0x84ul, 0u, 2u, 0x2222u, 0u,
            0x80ul, 0u, 1u, 0x33u, 0u);
        using var answer = _client.Call(VfioUserCommand.RegionWriteMulti, payload);
        Assert.Equal(Wire.Pack(3ul), answer.Payload);
        Assert.Equal([(0x80ul, 4), (0x84ul, 2), (0x80ul, 1)], _function.Accesses);
        Assert.Equal([0x33, 0x11, 0x11, 0x11, 0x22, 0x22], _client.ReadRegion(0, 0x80, 6));
    }

    [Theory]
    [InlineData(1ul, 0x80ul, 0u, 9u)]
    [InlineData(1ul, 0x80ul, 0u, 0u)]
    [InlineData(1ul, 0x1000ul, 0u, 4u)]
    [InlineData(1ul, 0ul, 9u, 4u)]
    [InlineData(2ul, 0x80ul, 0u, 4u)]
    [InlineData(0ul, 0x80ul, 0u, 4u)]
    [InlineData(ulong.MaxValue, 0x80ul, 0u, 4u)]
    [InlineData(0x0aaa_aaaa_aaaa_aaabul, 0x80ul, 0u, 4u)]
    public void Several_writes_of_which_one_is_wrong_or_that_are_not_so_many_write_nothing(ulong writes, ulong offset, uint region, uint count)
    {
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.RegionWriteMulti, Wire.Pack(writes, offset, region, count, 0ul)));
        Assert.Empty(_function.Accesses);
    }

    [Fact]
    public void What_a_client_stores_through_its_mapping_is_what_a_message_reads()
    {
        using var info = _client.Call(VfioUserCommand.DeviceGetRegionInfo, Wire.Pack(64u, 0u, 2u, 0u, 0ul, 0ul));
        _client.WriteRegion(2, 0x2ffe, 1, 2, 3, 4);
        unsafe
        {
            var bytes = stackalloc byte[4];
            Assert.Equal(4, Native.Libc.pread(info.Fds[0], bytes, 4, 0x2ffe));
            Assert.Equal([1, 2, 3, 4], new ReadOnlySpan<byte>(bytes, 4).ToArray());
        }

        Assert.Empty(_function.Accesses);
    }

    [Fact]
    public void An_exception_of_the_function_becomes_EIO_and_is_kept_for_its_author()
    {
        Assert.Equal(Errno.EIO, _client.ErrnoOf(VfioUserCommand.RegionRead, Wire.Pack(EngineFunction.Throw, 0u, 4u)));
        Assert.Equal(1, _client.Server!.FunctionFaultCount);
        Assert.IsType<InvalidTimeZoneException>(_client.Server.LastFunctionFault);
        Assert.Equal(0u, _client.ReadRegion(0, 0x80, 4).U32(0));
    }

    [Property(MaxTest = 30)]
    public void Any_bytes_that_lie_in_the_registers_read_back(ushort offset, byte[] data)
    {
        var start = 0x200u + offset % 0x800u;
        if (data.Length is 0 or > 0x400)
            return;
        _client.WriteRegion(0, start, data);
        Assert.Equal(data, _client.ReadRegion(0, start, (uint)data.Length));
    }
}
