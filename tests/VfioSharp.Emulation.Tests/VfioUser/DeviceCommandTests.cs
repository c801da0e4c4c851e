using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class DeviceCommandTests : IDisposable
{
    private readonly EngineFunction _function = new();
    private readonly TestClient _client;

    public DeviceCommandTests() => _client = TestClient.Attach(_function);

    public void Dispose()
    {
        _client.Dispose();
        _function.Dispose();
    }

    [Fact]
    public void The_device_is_a_PCI_function_that_can_be_reset_with_nine_regions_and_five_interrupts()
    {
        using var answer = _client.Call(VfioUserCommand.DeviceGetInfo, Wire.Pack(16u, 0u, 0u, 0u));
        Assert.Equal(Wire.Pack(16u, 3u, 9u, 5u), answer.Payload);
    }

    [Theory]
    [InlineData(16, 15u)]
    [InlineData(12, 16u)]
    [InlineData(0, 0u)]
    public void A_question_for_the_device_that_is_too_short_or_has_too_little_room_is_refused(int length, uint argumentSize) =>
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DeviceGetInfo, Wire.Pack(argumentSize, new byte[16])[..length]));

    [Theory]
    [InlineData(0u, 0x1000ul, 3u)]
    [InlineData(1u, 0ul, 0u)]
    [InlineData(3u, 0ul, 0u)]
    [InlineData(4u, 0x1000ul, 3u)]
    [InlineData(6u, 0ul, 0u)]
    [InlineData(7u, 256ul, 3u)]
    [InlineData(8u, 0ul, 0u)]
    public void A_region_that_is_not_shared_has_its_length_and_can_be_read_and_written(uint index, ulong length, uint flags)
    {
        using var answer = _client.Call(VfioUserCommand.DeviceGetRegionInfo, Wire.Pack(32u, 0u, index, 0u, 0ul, 0ul));
        Assert.Equal(Wire.Pack(32u, flags, index, 0u, length, 0ul), answer.Payload);
        Assert.Empty(answer.Fds);
    }

    [Fact]
    public void A_shared_region_says_at_the_first_question_what_room_its_areas_need_and_where_they_will_be_and_gives_its_file()
    {
        using var answer = _client.Call(VfioUserCommand.DeviceGetRegionInfo, Wire.Pack(32u, 0u, 2u, 0u, 0ul, 0ul));
        Assert.Equal(Wire.Pack(64u, 0xfu, 2u, 32u, 0x8000ul, 0ul), answer.Payload);
        Assert.Single(answer.Fds);
    }

    [Theory]
    [InlineData(64u)]
    [InlineData(4064u)]
    public void A_shared_region_lists_its_areas_where_there_is_room_and_gives_its_file(uint argumentSize)
    {
        // QEMU sends all of the room that it says it has, SPDK only the beginning.
        using var answer = _client.Call(VfioUserCommand.DeviceGetRegionInfo, Wire.Pack(argumentSize, 0u, 2u, 0u, 0ul, 0ul, new byte[32]));
        Assert.Equal(
            Wire.Pack(64u, 0xfu, 2u, 32u, 0x8000ul, 0ul, (ushort)1, (ushort)1, 0u, 1u, 0u, 0x2000ul, 0x3000ul),
            answer.Payload);
        Assert.Single(answer.Fds);
    }

    [Fact]
    public void A_client_that_takes_no_descriptors_gets_none_and_maps_nothing()
    {
        using var function = new EngineFunction();
        using var client = TestClient.Attach(function, json: """{"capabilities":{"max_msg_fds":0}}""");
        using var answer = client.Call(VfioUserCommand.DeviceGetRegionInfo, Wire.Pack(4096u, 0u, 2u, 0u, 0ul, 0ul));
        Assert.Equal(Wire.Pack(32u, 3u, 2u, 0u, 0x8000ul, 0ul), answer.Payload);
        Assert.Empty(answer.Fds);
        client.WriteRegion(2, 0x2000, 1, 2, 3, 4);
        Assert.Equal([1, 2, 3, 4], client.ReadRegion(2, 0x2000, 4));
    }

    [Theory]
    [InlineData(28, 32u, 0u)]
    [InlineData(32, 31u, 0u)]
    [InlineData(32, 32u, 9u)]
    [InlineData(32, 32u, uint.MaxValue)]
    public void A_question_for_a_region_that_does_not_fit_or_that_no_function_has_is_refused(int length, uint argumentSize, uint index) =>
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DeviceGetRegionInfo, Wire.Pack(argumentSize, 0u, index, 0u, 0ul, 0ul)[..length]));

    [Theory]
    [InlineData(0u, 7u, 1u)]
    [InlineData(1u, 1u, 4u)]
    [InlineData(2u, 1u, 4u)]
    [InlineData(3u, 9u, 1u)]
    [InlineData(4u, 9u, 1u)]
    public void An_interrupt_index_says_how_many_vectors_it_has(uint index, uint flags, uint count)
    {
        using var answer = _client.Call(VfioUserCommand.DeviceGetIrqInfo, Wire.Pack(16u, 0u, index, 0u));
        Assert.Equal(Wire.Pack(16u, flags, index, count), answer.Payload);
    }

    [Theory]
    [InlineData(12, 16u, 0u)]
    [InlineData(16, 15u, 0u)]
    [InlineData(16, 16u, 5u)]
    public void A_question_for_an_interrupt_that_does_not_fit_or_that_no_function_has_is_refused(int length, uint argumentSize, uint index) =>
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DeviceGetIrqInfo, Wire.Pack(argumentSize, 0u, index, 0u)[..length]));

    [Fact]
    public void A_reset_puts_the_function_into_the_state_after_power_on()
    {
        var before = _function.Resets;
        _client.WriteRegion(0, 0x80, 1, 2, 3, 4);
        _client.WriteRegion(7, 4, 6, 0);
        Assert.Equal(Errno.None, _client.ErrnoOf(VfioUserCommand.DeviceReset, []));
        Assert.Equal(before + 1, _function.Resets);
        Assert.Equal(new byte[4], _client.ReadRegion(0, 0x80, 4));
        Assert.Equal(new byte[2], _client.ReadRegion(7, 4, 2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(14)]
    [InlineData(19)]
    [InlineData(ushort.MaxValue)]
    public void A_command_that_no_client_sends_is_refused(int command)
    {
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf((VfioUserCommand)command, new byte[32]));
        Assert.Equal(new byte[4], _client.ReadRegion(0, 0x80, 4));
    }

    [Fact]
    public void The_server_counts_what_it_served_and_refused()
    {
        _client.ReadRegion(0, 0x80, 4);
        _client.ErrnoOf(VfioUserCommand.DeviceGetInfo, []);
        Assert.Equal((3, 1, 1), (_client.Server!.MessageCount, _client.Server.RefusalCount, _client.Server.ClientCount));
    }
}
