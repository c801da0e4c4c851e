using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Config;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

public sealed class DoorbellTests : IDisposable
{
    private readonly BellFunction _function = new();
    private readonly TestClient _client;

    public DoorbellTests() => _client = TestClient.Attach(_function);

    public void Dispose()
    {
        _client.Dispose();
        _function.Dispose();
    }

    [Fact]
    public unsafe void A_region_gives_an_eventfd_for_each_doorbell_and_an_event_becomes_a_write()
    {
        using var answer = Ask(0, 4096);
        Assert.Equal(
            Wire.Pack(
                160u, 0u, 0u, 3u,
                0x10ul, 4ul, 0u, 0u, 0u, 0u, 0ul, 0ul,
                0x20ul, 2ul, 1u, 0u, 1u, 0u, 0ul, 0x1234ul,
                0x30ul, 4ul, 2u, 2u, 0u, 3u, 16ul, 0ul),
            answer.Payload);
        Assert.Equal(4, answer.Fds.Length);
        var value = 0x87654321u;
        Assert.Equal(4, Libc.pwrite(answer.Fds[3], (byte*)&value, 4, 16));
        foreach (var (fd, expected) in new[] { (0, "0x10 4 0"), (1, "0x20 2 1234"), (2, "0x30 4 87654321") })
        {
            ulong one = 1;
            Assert.Equal(8, Libc.write(answer.Fds[fd], &one, 8));
            Assert.True(SpinWait.SpinUntil(() => _function.Writes.Contains(expected), 10_000));
        }

        Assert.Equal(3, _function.Writes.Count);
        Assert.True(SpinWait.SpinUntil(() => _function.WorkCount == 3, 10_000));
    }

    [Fact]
    public void The_same_eventfds_are_given_again_and_are_gone_with_the_client()
    {
        using (var first = Ask(0, 160))
        using (var second = Ask(0, 160))
            Assert.Equal(first.Payload, second.Payload);
        _client.Server!.Dispose();
    }

    [Fact]
    public void Without_room_a_client_learns_how_much_it_needs()
    {
        using var answer = Ask(0, 159);
        Assert.Equal(Wire.Pack(160u, 0u, 0u, 3u), answer.Payload);
        Assert.Empty(answer.Fds);
    }

    [Fact]
    public void A_region_without_doorbells_has_none()
    {
        using var answer = Ask(2, 4096);
        Assert.Equal(Wire.Pack(16u, 0u, 2u, 0u), answer.Payload);
    }

    [Theory]
    [InlineData(1u, 1)]
    [InlineData(2u, 2)]
    [InlineData(3u, 2)]
    [InlineData(4u, 3)]
    public void No_more_descriptors_come_than_the_client_takes(uint mostFds, int doorbells)
    {
        using var function = new BellFunction();
        using var client = TestClient.Attach(function, json: $$$"""{"capabilities":{"max_msg_fds":{{{mostFds}}}}}""");
        using var answer = client.Call(VfioUserCommand.DeviceGetRegionIoFds, Wire.Pack(4096u, 0u, 0u, 0u));
        Assert.Equal(doorbells, (int)answer.Payload.U32(12));
        Assert.True(answer.Fds.Length <= mostFds);
    }

    [Theory]
    [InlineData(15, 4096u, 0u, 0u, 0u)]
    [InlineData(16, 4096u, 1u, 0u, 0u)]
    [InlineData(16, 4096u, 0u, 9u, 0u)]
    [InlineData(16, 4096u, 0u, 6u, 0u)]
    [InlineData(16, 4096u, 0u, 0u, 1u)]
    [InlineData(16, 15u, 0u, 0u, 0u)]
    [InlineData(16, (1u << 20) + 1, 0u, 0u, 0u)]
    public void A_question_that_cannot_be_is_refused(int length, uint argumentSize, uint flags, uint index, uint count) =>
        Assert.Equal(Errno.EINVAL, _client.ErrnoOf(VfioUserCommand.DeviceGetRegionIoFds, Wire.Pack(argumentSize, flags, index, count)[..length]));

    private Answer Ask(uint region, uint argumentSize) => _client.Call(VfioUserCommand.DeviceGetRegionIoFds, Wire.Pack(argumentSize, 0u, region, 0u));

    private sealed class BellFunction() : PciFunction(
        new PciIdentity(0x1af4, 0x10f3, new ClassCode(0xff0000)), [new FunctionBar(0, 0x1000), new FunctionBar(2, 0x1000)]), IHasDoorbells
    {
        private int _workCount;

        public IReadOnlyList<Doorbell> Doorbells =>
        [
            new(0, 0x10, 4),
            new(0, 0x20, 2) { Value = 0x1234 },
            new(0, 0x30, 4) { KeepsValue = true },
            // Not within the BAR, so that there is none.
            new(0, 0xffe, 4),
        ];

        public System.Collections.Concurrent.ConcurrentBag<string> Writes { get; } = [];

        public int WorkCount => Volatile.Read(ref _workCount);

        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => destination.Clear();

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
        {
            Span<byte> value = stackalloc byte[8];
            value.Clear();
            source.CopyTo(value);
            Writes.Add($"0x{offset:x} {source.Length} {System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(value):x}");
            RequestWork();
        }

        protected override void DoWork(FunctionHost host) => Interlocked.Increment(ref _workCount);
    }
}
