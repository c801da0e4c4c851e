using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class FeatureCommandTests : IDisposable
{
    private const uint Get = 1 << 16;
    private const uint Set = 1 << 17;
    private const uint Probe = 1 << 18;
    private const uint Migration = 1;
    private const uint DeviceState = 2;
    private const uint LoggingStart = 6;
    private const uint LoggingStop = 7;
    private const uint LoggingReport = 8;
    private const uint Stop = 1;
    private const uint Running = 2;
    private const uint StopCopy = 3;
    private const uint Resuming = 4;
    private const uint PreCopy = 6;
    private const ulong Base = 0x4000_0000;
    private const int Page = 4096;

    private readonly EngineFunction _function = new();
    private readonly SharedFile _file = new(64 * Page);
    private readonly TestClient _client;

    public FeatureCommandTests() => _client = TestClient.Attach(_function);

    public void Dispose()
    {
        _client.Dispose();
        _function.Dispose();
        _file.Dispose();
    }

    [Fact]
    public void What_can_be_done_to_move_the_function_is_said()
    {
        using var answer = _client.Call(VfioUserCommand.DeviceFeature, Wire.Pack(16u, Get | Migration));
        Assert.Equal(Wire.Pack(16u, Get | Migration, 5ul), answer.Payload);
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(8u, Get | Migration)));
    }

    [Theory]
    [InlineData(Migration, Get, true)]
    [InlineData(Migration, Set, false)]
    [InlineData(DeviceState, Get | Set, true)]
    [InlineData(LoggingStart, Set, true)]
    [InlineData(LoggingStart, Get, false)]
    [InlineData(LoggingReport, Get, true)]
    [InlineData(LoggingReport, Set, false)]
    public void A_probe_says_whether_an_operation_is_possible_and_repeats_the_question(uint feature, uint operations, bool isPossible)
    {
        var question = Wire.Pack(8u, Probe | operations | feature);
        using var answer = _client.Call(VfioUserCommand.DeviceFeature, question);
        Assert.Equal(isPossible ? Errno.None : Errno.EINVAL, answer.Errno);
        if (isPossible)
            Assert.Equal(question, answer.Payload);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(10u)]
    [InlineData(0xffffu)]
    public void A_feature_that_there_is_not_is_ENOTTY(uint feature)
    {
        Assert.Equal(Errno.ENOTTY, _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(16u, Get | feature, 0ul)));
        Assert.Equal(Errno.ENOTTY, _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(8u, Probe | feature)));
    }

    [Fact]
    public void A_function_that_cannot_be_moved_has_no_such_feature_and_takes_no_state()
    {
        using var function = new RegisterFile();
        using var client = TestClient.Attach(function);
        Assert.Equal(Errno.ENOTTY, client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(16u, Get | Migration)));
        Assert.Equal(Errno.ENOTTY, client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(16u, Set | DeviceState, Stop, 0u)));
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.MigrationDataRead, Wire.Pack(16u, 8u)));
        Assert.Equal(Errno.EINVAL, client.ErrnoOf(VfioUserCommand.MigrationDataWrite, Wire.Pack(16u, 8u, 0ul)));
    }

    [Theory]
    [InlineData(7, 8u, Get | Migration)]
    [InlineData(8, 8u, Migration)]
    [InlineData(8, 8u, Get | Set | DeviceState)]
    [InlineData(8, 2u, Probe | Migration)]
    [InlineData(16, 15u, Set | DeviceState)]
    [InlineData(12, 16u, Set | DeviceState)]
    [InlineData(8, 16u, Get | 0x80000u | Migration)]
    public void A_question_that_is_too_short_or_asks_for_no_operation_is_refused(int length, uint argumentSize, uint flags) =>
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(argumentSize, flags, Stop, 0u)[..length]));

    [Theory]
    [InlineData(Running, StopCopy, Errno.None)]
    [InlineData(Running, Resuming, Errno.None)]
    [InlineData(Running, PreCopy, Errno.None)]
    [InlineData(Stop, PreCopy, Errno.None)]
    [InlineData(PreCopy, StopCopy, Errno.None)]
    [InlineData(PreCopy, Resuming, Errno.None)]
    [InlineData(StopCopy, Resuming, Errno.None)]
    [InlineData(StopCopy, Running, Errno.None)]
    [InlineData(Resuming, PreCopy, Errno.None)]
    [InlineData(StopCopy, StopCopy, Errno.None)]
    [InlineData(StopCopy, PreCopy, Errno.EINVAL)]
    [InlineData(Running, 0u, Errno.EINVAL)]
    [InlineData(Running, 5u, Errno.EINVAL)]
    [InlineData(Running, 7u, Errno.EINVAL)]
    [InlineData(Running, 8u, Errno.EINVAL)]
    [InlineData(Running, 0xabcdu, Errno.EINVAL)]
    public void A_state_is_reached_through_those_between_or_not_at_all(uint from, uint to, Errno errno)
    {
        Assert.Equal(Errno.None, SetState(from));
        Assert.Equal(errno, SetState(to));
        Assert.Equal(errno == Errno.None ? to : from, GetState());
    }

    [Fact]
    public void A_function_goes_on_in_another_server_where_it_was_in_this_one()
    {
        _client.WriteRegion(0, 0x80, 1, 2, 3, 4);
        _client.WriteRegion(2, 0x2000, 5, 6, 7, 8);
        _client.WriteRegion(7, 4, 6, 4);
        Assert.Equal(Errno.None, SetState(PreCopy));
        Assert.Empty(ReadState(64));
        Assert.Equal(Errno.None, SetState(StopCopy));
        var state = new List<byte>();
        for (var part = ReadState(1000); part.Length != 0; part = ReadState(1000))
            state.AddRange(part);
        Assert.True(state.Count > 0x1000 + 0x3000);

        using var function = new EngineFunction();
        using var client = TestClient.Attach(function);
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(16u, Set | DeviceState, Resuming, 0u)));
        foreach (var part in state.Chunk(777))
            Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.MigrationDataWrite, Wire.Pack(8u + (uint)part.Length, (uint)part.Length, part)));
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(16u, Set | DeviceState, Running, 0u)));
        Assert.Equal([1, 2, 3, 4], client.ReadRegion(0, 0x80, 4));
        Assert.Equal([5, 6, 7, 8], client.ReadRegion(2, 0x2000, 4));
        Assert.Equal([6, 4], client.ReadRegion(7, 4, 2));
    }

    [Fact]
    public void A_state_of_something_else_is_refused_and_the_function_stays_as_it_was()
    {
        _client.WriteRegion(0, 0x80, 1, 2, 3, 4);
        Assert.Equal(Errno.None, SetState(Resuming));
        Assert.Equal(Errno.None, _client.ErrnoOf(VfioUserCommand.MigrationDataWrite, Wire.Pack(16u, 8u, 0x1122334455667788ul)));
        Assert.Equal(Errno.EINVAL, SetState(Running));
        Assert.Equal(Resuming, GetState());
        Assert.Equal(Errno.None, SetState(Running));
        Assert.Equal([1, 2, 3, 4], _client.ReadRegion(0, 0x80, 4));
    }

    [Fact]
    public void A_state_that_never_ends_is_refused_at_the_limit()
    {
        using var function = new EngineFunction();
        using var client = TestClient.Attach(function, new() { MaxMigrationStateInBytes = 10_000 });
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(16u, Set | DeviceState, Resuming, 0u)));
        var part = Wire.Pack(4104u, 4096u, new byte[4096]);
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.MigrationDataWrite, part));
        Assert.Equal(Errno.None, client.ErrnoOf(VfioUserCommand.MigrationDataWrite, part));
        Assert.Equal(Errno.ENOSPC, client.ErrnoOf(VfioUserCommand.MigrationDataWrite, part));
    }

    [Fact]
    public void Data_are_read_and_written_in_their_states_alone_and_within_the_limits()
    {
        foreach (var state in new[] { Running, Stop, StopCopy, Resuming, PreCopy })
        {
            Assert.Equal(Errno.None, SetState(state));
            var canRead = state is StopCopy or PreCopy;
            Assert.Equal(canRead ? Errno.None : Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.MigrationDataRead, Wire.Pack(12u, 4u)));
            Assert.Equal(state == Resuming ? Errno.None : Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.MigrationDataWrite, Wire.Pack(12u, 4u, 1u)));
            // What was written is no state of a function.
            Assert.Equal(state == Resuming ? Errno.EINVAL : Errno.None, SetState(Running));
        }

        Assert.Equal(Errno.None, SetState(StopCopy));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.MigrationDataRead, Wire.Pack(uint.MaxValue, (1u << 20) + 1)));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.MigrationDataRead, Wire.Pack(11u, 4u)));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.MigrationDataRead, Wire.Pack(12u, 4u)[..7]));
        Assert.Equal(Errno.None, SetState(Resuming));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.MigrationDataWrite, Wire.Pack(16u, 8u, 1u)));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.MigrationDataWrite, Wire.Pack(11u, 4u, 1u)));
    }

    [Fact]
    public void A_device_that_is_stopped_takes_only_what_libvfio_user_lets_it_take()
    {
        Assert.Equal(Errno.None, SetState(Stop));
        Assert.Equal(new byte[4], _client.ReadRegion(0, 0x80, 4));
        // Writes in one message are writes.
        Assert.Equal(Errno.None, _client.ErrnoOf(VfioUserCommand.RegionWriteMulti, Wire.Pack(1ul, 0x80ul, 0u, 4u, 0ul)));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DeviceReset, []));
        Assert.Equal(Errno.EINVAL, _client.Map(Base, Page, null));
        Assert.Equal(Errno.None, SetState(StopCopy));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.RegionRead, Wire.Pack(0x80ul, 0u, 4u)));
        Assert.Equal(Errno.None, SetState(Running));
        Assert.Equal(Errno.None, _client.ErrnoOf(VfioUserCommand.DeviceReset, []));
    }

    [Fact]
    public void A_device_that_is_stopped_does_its_work_when_it_runs_again()
    {
        Assert.Equal(Errno.None, _client.Map(Base, Page, _file.Descriptor));
        Assert.Equal(Errno.None, SetState(Stop));
        _client.Start(EngineFunction.Job.WriteMemory, Base, 8);
        Assert.Equal(0ul, _client.ReadRegion(0, EngineFunction.Result, 8).U64(0));
        Assert.Equal(Errno.None, SetState(Running));
        Assert.True(_client.WaitForResult());
    }

    [Fact]
    public void Pages_that_the_device_wrote_are_reported_once_for_any_page_size()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 32 * Page, _file.Descriptor));
        Assert.Equal(Errno.None, StartLog());
        Assert.Equal(Errno.None, StartLog());
        Assert.Equal(0ul, Report(Base, 16 * Page, Page));
        foreach (var (pageSize, expected) in new (ulong, ulong)[] { (4096, 0b11_1100_0001), (2048, 0b1111_1111_0000_0000_0011), (8192, 0b11001), (65536, 1) })
        {
            Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + 17, 3));
            Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + 7 * Page - 1, 2));
            Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + 8 * Page, 1));
            Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + 10 * Page - 4, 4));
            Assert.True(_client.Run(EngineFunction.Job.ReadMemory, Base + 12 * Page, 4));
            Assert.Equal(expected, Report(Base, 16 * Page, pageSize));
            Assert.Equal(0ul, Report(Base, 16 * Page, pageSize));
        }
    }

    [Fact]
    public void A_report_of_a_part_leaves_the_rest()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 32 * Page, _file.Descriptor));
        Assert.Equal(Errno.None, StartLog());
        Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + 2 * Page, 1));
        Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + 5 * Page, 1));
        Assert.Equal(4ul, Report(Base, 4 * Page, Page));
        Assert.Equal(2ul, Report(Base + 4 * Page, 4 * Page, Page));
        Assert.Equal(0ul, Report(Base, 8 * Page, Page));
    }

    [Fact]
    public void Memory_that_is_given_back_reports_its_pages_with_the_last_answer()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 8 * Page, _file.Descriptor));
        var unmap = Wire.Pack(48u, 1u, Base, (ulong)(8 * Page), (ulong)Page, 8ul, 0ul);
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DmaUnmap, unmap));
        Assert.Equal(Errno.None, StartLog());
        Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + 3 * Page, 1));
        Assert.Equal(Errno.ENOENT, _client.ErrnoOf(VfioUserCommand.DmaUnmap, Wire.Pack(48u, 1u, Base + 16 * Page, (ulong)Page, (ulong)Page, 8ul, 0ul)));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DmaUnmap, Wire.Pack(48u, 1u, Base, 8ul * Page, (ulong)Page, ulong.MaxValue - 40)));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DmaUnmap, Wire.Pack(56u, 1u, Base, 8ul * Page, (ulong)Page, 16ul)));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DmaUnmap, Wire.Pack(48u, 1u, Base, 8ul * Page, 0ul, 8ul)));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DmaUnmap, Wire.Pack(48u, 1u, Base, 8ul * Page)));
        using var answer = _client.Call(VfioUserCommand.DmaUnmap, unmap);
        Assert.Equal(Wire.Pack(48u, 1u, Base, (ulong)(8 * Page), (ulong)Page, 8ul, 8ul), answer.Payload);
        Assert.False(_file.IsMapped);
    }

    [Theory]
    [InlineData(Base, 16ul * Page, 0ul, Errno.EINVAL)]
    [InlineData(Base, 16ul * Page, 4095ul, Errno.EINVAL)]
    [InlineData(Base, 16ul * Page, 1ul << 24, Errno.EINVAL)]
    [InlineData(Base, 0ul, 4096ul, Errno.EINVAL)]
    [InlineData(Base, ulong.MaxValue, 1ul, Errno.EINVAL)]
    [InlineData(Base, 64ul * Page, 4096ul, Errno.ENOENT)]
    [InlineData(0xdeadbeeful, 16ul * Page, 4096ul, Errno.ENOENT)]
    [InlineData(ulong.MaxValue - 0xfff, 16ul * Page, 4096ul, Errno.ENOENT)]
    public void A_report_of_what_is_not_mapped_or_of_pages_that_there_are_not_is_refused(ulong iova, ulong length, ulong pageSize, Errno errno)
    {
        Assert.Equal(Errno.None, _client.Map(Base, 32 * Page, _file.Descriptor));
        Assert.Equal(Errno.None, StartLog());
        Assert.Equal(errno, _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(1u << 20, Get | LoggingReport, iova, length, pageSize)));
    }

    [Fact]
    public void A_taking_back_that_is_refused_leaves_the_log_as_it_was()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 8 * Page, _file.Descriptor));
        Assert.Equal(Errno.None, StartLog());
        Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + Page, 1));
        // It would cut the piece in two.
        Assert.Equal(Errno.ENOENT, _client.ErrnoOf(VfioUserCommand.DmaUnmap, Wire.Pack(48u, 1u, Base, 4ul * Page, (ulong)Page, 8ul, 0ul)));
        Assert.Equal(2ul, Report(Base, 8 * Page, Page));
    }

    [Fact]
    public void A_page_of_which_a_report_has_a_part_is_in_the_next_report_too()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 8 * Page, _file.Descriptor));
        Assert.Equal(Errno.None, StartLog());
        Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + Page + 3000, 1));
        Assert.Equal(0b1100ul, Report(Base, 2 * Page, 2048));
        Assert.Equal(0ul, Report(Base, 2 * Page, 2048));
        Assert.True(_client.Run(EngineFunction.Job.WriteMemory, Base + Page + 3000, 1));
        Assert.Equal(0b100ul, Report(Base, Page + 2048, 2048));
        Assert.Equal(1ul, Report(Base + Page + 2048, 2048, 2048));
        Assert.Equal(2ul, Report(Base, 2 * Page, Page));
    }

    [Fact]
    public void What_is_written_by_messages_is_in_the_log_also_where_it_was_taken_meanwhile()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 8 * Page, null));
        Assert.Equal(Errno.None, StartLog());
        _client.Start(EngineFunction.Job.WriteMemory, Base + 2 * Page, 4);
        using (var command = _client.Receive()!)
        {
            Assert.Equal(VfioUserCommand.DmaWrite, command.Header.Command);
            Assert.Equal(4ul, Report(Base, 8 * Page, Page));
            _client.Reply(command, command.Payload[..16]);
        }

        Assert.True(_client.WaitForResult());
        Assert.Equal(4ul, Report(Base, 8 * Page, Page));
        Assert.Equal(0ul, Report(Base, 8 * Page, Page));
    }

    [Fact]
    public void A_range_that_goes_round_the_end_of_the_addresses_is_none()
    {
        Assert.Equal(Errno.None, _client.Map(0, Page, _file.Descriptor));
        Assert.Equal(Errno.None, _client.Map(ulong.MaxValue - 0xfff, Page, _file.Descriptor));
        Assert.Equal(Errno.None, StartLog());
        Assert.Equal(0ul, Report(ulong.MaxValue - 0xfff, Page, Page));
        var round = Wire.Pack(40u, Get | LoggingReport, ulong.MaxValue - 0xfff, 2ul * Page, (ulong)Page);
        Assert.Equal(Errno.ENOENT, _client.ErrnoOf(VfioUserCommand.DeviceFeature, round));
    }

    [Fact]
    public void A_log_is_of_one_page_size_and_ends_when_it_is_stopped()
    {
        Assert.Equal(Errno.None, _client.Map(Base, 32 * Page, _file.Descriptor));
        Assert.Equal(Errno.EINVAL, StartLog(0));
        Assert.Equal(Errno.EINVAL, StartLog(4097));
        Assert.Equal(Errno.EINVAL, ReportErrno());
        Assert.Equal(Errno.None, StartLog());
        Assert.Equal(Errno.EINVAL, StartLog(8192));
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(40u, Set | LoggingStart, 4096ul, 2u, 0u, Base, 4096ul)));
        Assert.Equal(Errno.None, _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(40u, Set | LoggingStart, 4096ul, 1u, 0u, Base, 4096ul)));
        Assert.Equal(Errno.None, ReportErrno());
        Assert.Equal(Errno.None, _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(24u, Set | LoggingStop, 4096ul, 0u, 0u)));
        Assert.Equal(Errno.EINVAL, ReportErrno());
    }

    private Errno SetState(uint state) => _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(16u, Set | DeviceState, state, 0u));

    private uint GetState()
    {
        using var answer = _client.Call(VfioUserCommand.DeviceFeature, Wire.Pack(16u, Get | DeviceState));
        Assert.Equal(16, answer.Payload.Length);
        return answer.Payload.U32(8);
    }

    private byte[] ReadState(uint length)
    {
        using var answer = _client.Call(VfioUserCommand.MigrationDataRead, Wire.Pack(8 + length, length));
        Assert.Equal((uint)answer.Payload.Length - 8, answer.Payload.U32(4));
        return answer.Payload[8..];
    }

    private Errno StartLog(ulong pageSize = Page) =>
        _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(24u, Set | LoggingStart, pageSize, 0u, 0u));

    private Errno ReportErrno() => _client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(40u, Get | LoggingReport, Base, (ulong)Page, (ulong)Page));

    private ulong Report(ulong iova, ulong length, ulong pageSize)
    {
        using var answer = _client.Call(VfioUserCommand.DeviceFeature, Wire.Pack(40u, Get | LoggingReport, iova, length, pageSize));
        Assert.Equal(Wire.Pack(40u, Get | LoggingReport, iova, length, pageSize), answer.Payload[..32]);
        return answer.Payload.U64(32);
    }
}
