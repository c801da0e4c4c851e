using System.Diagnostics;
using VfioSharp.Backends.Linux.Uapi;
using VfioSharp.Backends.VfioUser;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Regions;

namespace VfioSharp.Tests.VfioUser;

/// <summary>Servers that lie, dawdle or die: each ends in one exception that says so, and everything after it at once in the same.</summary>
public sealed class LyingServerTests : IDisposable
{
    private static readonly VfioOptions Short = new() { RequestTimeout = TimeSpan.FromMilliseconds(200) };

    private readonly ScriptedFunction _function = new();

    public void Dispose() => _function.Dispose();

    public static TheoryData<string, VfioUserFailure> Versions => new()
    {
        { "{", VfioUserFailure.ProtocolError },
        { "[]", VfioUserFailure.ProtocolError },
        { "{\"capabilities\":{\"max_msg_fds\":\"many\"}}", VfioUserFailure.ProtocolError },
        { "{\"capabilities\":{\"max_msg_fds\":-1}}", VfioUserFailure.ProtocolError },
        { "{\"capabilities\":{\"max_data_xfer_size\":7}}", VfioUserFailure.ProtocolError },
        { "{\"capabilities\":{\"pgsizes\":0}}", VfioUserFailure.ProtocolError },
        { "{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}", VfioUserFailure.ProtocolError },
    };

    [Theory]
    [MemberData(nameof(Versions))]
    public void Capabilities_that_make_no_sense_are_refused(string json, VfioUserFailure failure)
    {
        _function.Server.On(VfioUserCommand.Version, _ => Answer.Version(json));
        Assert.Equal(failure, Assert.Throws<VfioUserException>(() => _function.Open()).Failure);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void A_version_that_was_not_offered_is_refused(ushort major, ushort minor)
    {
        _function.Server.On(VfioUserCommand.Version, _ => Answer.Version(string.Empty, major, minor));
        var refusal = Assert.Throws<VfioUserException>(() => _function.Open());
        Assert.Equal(VfioUserFailure.Incompatible, refusal.Failure);
        Assert.Contains($"version {major}.{minor}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_without_its_NUL_is_refused()
    {
        _function.Server.On(VfioUserCommand.Version, static _ => new Answer([0, 0, 0, 0, .. "{}"u8]));
        Assert.Equal(VfioUserFailure.ProtocolError, Assert.Throws<VfioUserException>(() => _function.Open()).Failure);
    }

    [Fact]
    public void A_version_of_three_bytes_is_refused()
    {
        _function.Server.On(VfioUserCommand.Version, static _ => new Answer([0, 0, 0]));
        Assert.Equal(VfioUserFailure.ProtocolError, Assert.Throws<VfioUserException>(() => _function.Open()).Failure);
    }

    [Fact]
    public void A_server_that_refuses_the_version_is_no_liar()
    {
        _function.Server.On(VfioUserCommand.Version, static _ => Answer.Refusal(Errno.EINVAL));
        var refusal = Assert.Throws<VfioException>(() => _function.Open());
        Assert.IsNotType<VfioUserException>(refusal);
        Assert.Equal(Errno.EINVAL, refusal.Errno);
    }

    [Fact]
    public void A_twin_socket_that_is_none_is_refused()
    {
        _function.Server.On(VfioUserCommand.Version, _ => Answer.Version("{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}") with
        {
            Fds = [_function.SharedFile.Number],
        });
        var refusal = Assert.Throws<VfioUserException>(() => _function.Open());
        Assert.Contains("no stream socket", refusal.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> Reads => new(Replies.Keys);

    [Theory]
    [MemberData(nameof(Reads))]
    public void A_false_reply_to_a_read_ends_the_connection(string lie)
    {
        using var device = _function.Open(Short);
        using var quiet = device.Regions[0].Open();
        using var loud = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        _function.Server.On(VfioUserCommand.RegionRead, request => Replies[lie](_function, request));

        var fault = Assert.Throws<DeviceAccessException>(() => loud.Read32(0));
        Assert.Equal(Errno.EPROTO, fault.Errno);
        Assert.Contains("broke the protocol", fault.Message, StringComparison.Ordinal);
        Assert.Equal(uint.MaxValue, quiet.Read32(0));
        Assert.Equal(VfioUserFailure.ProtocolError, Assert.Throws<VfioUserException>(device.Reset).Failure);
        Assert.Empty(_function.RequestsOf(VfioUserCommand.DeviceReset));
    }

    private static readonly Dictionary<string, Func<ScriptedFunction, Request, Answer>> Replies = new()
    {
        ["another id"] = static (_, request) => Right(request) with { Id = (ushort)(request.Header.MessageId + 1) },
        ["another command"] = static (_, request) => Right(request) with { Command = VfioUserCommand.RegionWrite },
        ["a type that there is not"] = static (_, request) => Right(request) with { Flags = 2 },
        ["a header that is too short"] = static (_, request) => Right(request) with { Size = 15 },
        ["a size of 4 GiB"] = static (_, request) => Right(request) with { Size = uint.MaxValue },
        ["no payload"] = static (_, _) => new Answer([]),
        ["too little data"] = static (_, request) => new Answer(Right(request).Payload[..^1]),
        ["too much data"] = static (_, request) => new Answer([.. Right(request).Payload, 0]),
        ["more data than asked, and says so"] = static (_, request) => new Answer(
            [.. ScriptedServer.Bytes(request.As<RegionAccessMessage>() with { Count = 8 }), 1, 2, 3, 4, 5, 6, 7, 8]),
        ["an error that is none"] = static (_, _) => Answer.Refusal(Errno.None),
        ["an error beyond all"] = static (_, _) => Answer.Refusal((Errno)4096),
        ["a descriptor"] = static (function, request) => Right(request) with { Fds = [function.SharedFile.Number] },
        ["many descriptors"] = static (function, request) => Right(request) with { Fds = [.. Enumerable.Repeat(function.SharedFile.Number, 60)] },
    };

    [Fact]
    public void Fewer_bytes_than_asked_are_an_error_of_input()
    {
        using var device = _function.Open(Short);
        using var loud = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        _function.Server.On(
            VfioUserCommand.RegionRead,
            static request => new Answer([.. ScriptedServer.Bytes(request.As<RegionAccessMessage>() with { Count = 2 }), 1, 2]));

        Assert.Equal(Errno.EIO, Assert.Throws<DeviceAccessException>(() => loud.Read32(0)).Errno);
        loud.Write32(0, 1);
    }

    [Fact]
    public void A_reply_that_nothing_was_asked_for_ends_the_connection()
    {
        using var device = _function.Open(Short);
        _function.Server.Send(new Answer([]).ToBytes(new VfioUserHeader { Command = VfioUserCommand.DeviceReset }));

        Assert.Equal(VfioUserFailure.ProtocolError, Assert.Throws<VfioUserException>(device.Reset).Failure);
    }

    [Fact]
    public void A_late_reply_is_not_taken_for_the_next()
    {
        using var device = _function.Open(Short);
        using var loud = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        _function.Server.On(VfioUserCommand.RegionRead, static _ => Answer.Silent);

        var start = Stopwatch.GetTimestamp();
        var fault = Assert.Throws<DeviceAccessException>(() => loud.Read32(0));
        Assert.Equal(Errno.ETIMEDOUT, fault.Errno);
        Assert.Contains("0.2 s", fault.Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0.15, 3);
        Assert.Equal(VfioUserFailure.TimedOut, Assert.Throws<VfioUserException>(device.Reset).Failure);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reply_that_comes_drop_by_drop_is_not_waited_for_without_end(bool busyPoll)
    {
        using var device = _function.Open(Short with { BusyPoll = busyPoll });
        using var window = device.Regions[0].Open();
        using var stop = new CancellationTokenSource();
        Task? dripping = null;
        _function.Server.On(VfioUserCommand.RegionRead, request =>
        {
            var bytes = Right(request).ToBytes(request.Header);
            dripping = Task.Run(async () =>
            {
                for (var i = 0; i < bytes.Length && !stop.IsCancellationRequested; i++)
                {
                    _function.Server.TrySend([bytes[i]]);
                    await Task.Delay(100);
                }
            });
            return Answer.Silent;
        });

        var start = Stopwatch.GetTimestamp();
        Assert.Equal(uint.MaxValue, window.Read32(0));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 2);
        stop.Cancel();
        Assert.NotNull(dripping);
        // The sender may have met the end of the connection.
        Assert.True(SpinWait.SpinUntil(() => dripping.IsCompleted, 5000));
    }

    [Fact]
    public void A_server_that_asks_without_end_instead_of_answering_is_given_up()
    {
        using var device = _function.Open(Short);
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        using var stop = new CancellationTokenSource();
        Thread? asking = null;
        _function.Server.On(VfioUserCommand.RegionRead, _ =>
        {
            asking = new Thread(() =>
            {
                var command = ScriptedServer.Command(VfioUserCommand.DmaRead, ScriptedServer.DmaAccess(0, 4));
                while (!stop.IsCancellationRequested && _function.Server.TrySend(command))
                    Thread.Sleep(1);
            });
            asking.Start();
            return Answer.Silent;
        });

        Assert.Equal(Errno.ETIMEDOUT, Assert.Throws<DeviceAccessException>(() => window.Read32(0)).Errno);
        stop.Cancel();
        asking!.Join();
    }

    [Fact]
    public void A_server_that_hangs_up_ends_what_is_asked_at_once()
    {
        using var device = _function.Open();
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        _function.Server.On(VfioUserCommand.RegionRead, static _ => Answer.HangUp);

        var fault = Assert.Throws<DeviceAccessException>(() => window.Read32(0));
        Assert.Equal(Errno.ECONNRESET, fault.Errno);
        Assert.Contains("server ended", fault.Message, StringComparison.Ordinal);
        var after = Assert.Throws<VfioUserException>(device.Reset);
        Assert.Equal(VfioUserFailure.ServerClosed, after.Failure);
    }

    public static TheoryData<string, uint, uint> Infos => new()
    {
        { "too many regions", 4097, 5 },
        { "too many interrupts", 9, uint.MaxValue },
    };

    [Theory]
    [MemberData(nameof(Infos))]
    public void Counts_beyond_belief_are_refused(string lie, uint regions, uint interrupts)
    {
        _function.Server.On(
            VfioUserCommand.DeviceGetInfo,
            _ => Answer.Of(new DeviceInfoMessage { ArgumentSize = 16, Flags = 2, RegionCount = regions, IrqCount = interrupts }));
        var refusal = Assert.Throws<VfioUserException>(() => _function.Open());
        Assert.True(refusal.Failure == VfioUserFailure.ProtocolError, lie);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(17)]
    public void A_description_of_another_length_is_refused(int length)
    {
        _function.Server.On(VfioUserCommand.DeviceGetInfo, _ => new Answer(new byte[length]));
        Assert.Equal(VfioUserFailure.ProtocolError, Assert.Throws<VfioUserException>(() => _function.Open()).Failure);
    }

    public static TheoryData<string> RegionLies => new(Regions.Keys);

    [Theory]
    [MemberData(nameof(RegionLies))]
    public void A_false_description_of_a_region_is_refused(string lie)
    {
        using var device = _function.Open(Short);
        _function.Server.On(VfioUserCommand.DeviceGetRegionInfo, request => Regions[lie](_function, request));
        Assert.Equal(VfioUserFailure.ProtocolError, Assert.Throws<VfioUserException>(() => device.Regions[2]).Failure);
    }

    private static readonly Dictionary<string, Func<ScriptedFunction, Request, Answer>> Regions = new()
    {
        ["another region"] = static (function, _) => function.DescribeRegion(0),
        ["a size beyond 2^63"] = static (_, _) => ScriptedFunction.Region(2, ulong.MaxValue, 3),
        ["an end beyond 2^63"] = static (_, _) => ScriptedFunction.Region(2, 1ul << 62, 3, (1ul << 63) - 1),
        ["too short"] = static (_, _) => new Answer(new byte[31]),
        ["longer than asked"] = static (_, _) => new Answer(new byte[33]),
        ["wants 4 GiB for it"] = static (_, _) => Answer.Of(new VfioRegionInfo { ArgumentSize = uint.MaxValue, Flags = 11, Index = 2, Size = 4096 }),
        ["two descriptors"] = static (function, _) => function.DescribeRegion(2) with { Fds = [function.SharedFile.Number, function.SharedFile.Number] },
    };

    // libvfio-user until 2024 gives a descriptor for each sparse area, all of the region's one file.
    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void As_many_descriptors_as_areas_are_taken_for_one_file(int descriptors, bool isTaken)
    {
        _function.Server.On(VfioUserCommand.DeviceGetRegionInfo, request => DescribeTwoAreas(request, [.. Enumerable.Repeat(_function.SharedFile.Number, descriptors)]));
        using (var device = _function.Open(Short))
        {
            if (isTaken)
                Assert.Equal(AccessPath.LoadStore, device.Regions[2].Plan(new WindowOptions { Offset = 4096, LengthInBytes = 4096 }).Path);
            else
                Assert.Equal(VfioUserFailure.ProtocolError, Assert.Throws<VfioUserException>(() => device.Regions[2]).Failure);
        }

        Assert.Equal(1, _function.CountDescriptorsOfSharedFile());
    }

    [Fact]
    public void A_region_with_descriptors_of_several_files_is_not_mapped()
    {
        using var other = new ScriptedFunction();
        _function.Server.On(VfioUserCommand.DeviceGetRegionInfo, request => DescribeTwoAreas(request, _function.SharedFile.Number, other.SharedFile.Number));
        using var device = _function.Open(Short);

        Assert.Equal(AccessPath.Message, device.Regions[2].Plan(new WindowOptions { Offset = 4096, LengthInBytes = 4096 }).Path);
        Assert.Equal(1, _function.CountDescriptorsOfSharedFile());
    }

    [Fact]
    public void A_region_without_a_descriptor_or_with_areas_outside_of_it_is_not_mapped()
    {
        _function.Server.On(VfioUserCommand.DeviceGetRegionInfo, request => request.As<VfioRegionInfo>() is var question && question.Index == 2
            ? new Answer([
                .. ScriptedServer.Bytes(new VfioRegionInfo { ArgumentSize = 64, Flags = 0xf, Index = 2, Size = ScriptedFunction.BarLength, CapabilityOffset = 32 }),
                .. question.ArgumentSize < 64 ? (byte[])[] : [1, 0, 1, 0, 0, 0, 0, 0, .. ScriptedServer.Bytes(1ul), .. ScriptedServer.Bytes(4096ul), .. ScriptedServer.Bytes(1ul << 40)],
            ])
            { Fds = [_function.SharedFile.Number] }
            : question.Index == 0 ? _function.DescribeRegion(0) with { Payload = ScriptedFunction.Region(0, 4096, 7).Payload }
            : _function.DescribeRegion(question.Index));
        using var device = _function.Open(Short);

        Assert.Equal(AccessPath.Message, device.Regions[0].Plan().Path);
        Assert.Equal(AccessPath.Message, device.Regions[2].Plan().Path);
    }

    [Fact]
    public void A_false_description_of_an_interrupt_is_refused()
    {
        _function.Server.On(
            VfioUserCommand.DeviceGetIrqInfo, static _ => Answer.Of(new VfioIrqInfo { ArgumentSize = 16, Flags = 1, Index = 0, Count = 100_000 }));
        Assert.Equal(VfioUserFailure.ProtocolError, Assert.Throws<VfioUserException>(() => _function.Open()).Failure);
    }

    [Fact]
    public void Nothing_that_a_refused_server_sent_stays_open()
    {
        _function.Server.On(VfioUserCommand.DeviceGetRegionInfo, request => _function.DescribeRegion(2) with
        {
            Fds = request.As<VfioRegionInfo>().Index == 7 ? [_function.SharedFile.Number] : [_function.SharedFile.Number, _function.SharedFile.Number],
        });
        using (var device = _function.Open(Short))
            Assert.Throws<VfioUserException>(() => device.Regions[2]);

        Assert.Equal(1, _function.CountDescriptorsOfSharedFile());
    }

    [Fact]
    public void Nothing_stays_open_when_a_device_is_closed()
    {
        using (var device = _function.Open())
        {
            using var window = device.Regions[2].Open();
            Assert.Equal(2, _function.CountDescriptorsOfSharedFile());
        }

        Assert.Equal(1, _function.CountDescriptorsOfSharedFile());
    }

    // Of BAR 2, which is wholly shared, in two halves; the descriptors come with the full answer.
    private Answer DescribeTwoAreas(Request request, params int[] fds)
    {
        var question = request.As<VfioRegionInfo>();
        if (question.Index != 2)
            return _function.DescribeRegion(question.Index);
        var fixedPart = ScriptedServer.Bytes(
            new VfioRegionInfo { ArgumentSize = 80, Flags = 0xf, Index = 2, Size = ScriptedFunction.BarLength, CapabilityOffset = 32 });
        return question.ArgumentSize < 80
            ? new Answer([.. fixedPart])
            : new Answer([
                .. fixedPart, 1, 0, 1, 0, 0, 0, 0, 0, .. ScriptedServer.Bytes(2ul), .. ScriptedServer.Bytes(0ul), .. ScriptedServer.Bytes(4096ul),
                .. ScriptedServer.Bytes(4096ul), .. ScriptedServer.Bytes(4096ul),
            ])
            { Fds = fds };
    }

    private static Answer Right(Request request) => new([.. ScriptedServer.Bytes(request.As<RegionAccessMessage>()), 1, 2, 3, 4]);
}
