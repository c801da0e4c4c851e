using System.Buffers;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Config;
using VfioSharp.Emulation.InProcess;
using VfioSharp.Emulation.VfioUser;
using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

/// <summary>What a function's own code does that its author did not mean: the server goes on, and can be ended.</summary>
public sealed class OwnCodeTests : IDisposable
{
    private const uint SetDeviceState = 1u << 17 | 2;
    private const uint Running = 2;
    private const uint StopCopy = 3;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vfiosharp-");

    private string Path => System.IO.Path.Combine(_folder.FullName, "socket");

    public void Dispose() => _folder.Delete(true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_function_that_always_has_more_to_do_is_served_meanwhile_and_its_server_ends(bool asksFromOwnThread)
    {
        using var function = new WillfulFunction { HasAlwaysMore = true };
        using var client = TestClient.Attach(function);
        if (asksFromOwnThread)
            function.Ask();
        else
            client.WriteRegion(0, 0, 1);
        Assert.True(SpinWait.SpinUntil(() => function.WorkCount > 100, 10_000));
        for (var i = 0; i < 100; i++)
            Assert.Equal([7], client.ReadRegion(0, 8, 1));
        var before = function.WorkCount;
        Assert.True(SpinWait.SpinUntil(() => function.WorkCount > before, 10_000));
        client.Server!.Stop();
        Assert.True(client.Server.Wait(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void What_IsPolling_throws_is_reported_and_the_server_goes_on()
    {
        using var function = new WillfulFunction { PollingThrows = true };
        using var client = TestClient.Attach(function);
        Assert.Equal([7], client.ReadRegion(0, 8, 1));
        // On the thread that the function's own thread wakes up, too.
        var before = client.Server!.FunctionFaultCount;
        function.Ask();
        Assert.True(SpinWait.SpinUntil(() => function.WorkCount == 1 && client.Server.FunctionFaultCount > before, 10_000));
        Assert.Equal([7], client.ReadRegion(0, 8, 1));
        Assert.IsType<InvalidTimeZoneException>(client.Server.LastFunctionFault);
    }

    [Fact]
    public void What_the_list_of_doorbells_throws_is_for_who_serves_and_nothing_is_left_behind()
    {
        using var function = new WillfulFunction { DoorbellsThrow = true };
        Assert.Throws<InvalidTimeZoneException>(() => VfioUserServer.Listen(function, Path));
        Assert.False(File.Exists(Path));
        var (ours, theirs) = UnixSocket.CreatePair();
        using (ours)
        {
            Assert.Throws<InvalidTimeZoneException>(() => VfioUserServer.Attach(function, theirs.Descriptor));
            Assert.True(theirs.Descriptor.IsClosed);
        }

        function.DoorbellsThrow = false;
        using var server = VfioUserServer.Listen(function, Path);
        using var client = TestClient.Connect(Path);
        Assert.Equal([7], client.ReadRegion(0, 8, 1));
    }

    [Fact]
    public void A_function_is_used_by_one_server_or_device_at_a_time()
    {
        using var function = new WillfulFunction();
        using (VfioUserServer.Listen(function, Path))
        {
            var refusal = Assert.Throws<InvalidOperationException>(() => VfioUserServer.Listen(function, Path + "2"));
            Assert.Contains(nameof(WillfulFunction), refusal.Message, StringComparison.Ordinal);
            Assert.False(File.Exists(Path + "2"));
            Assert.Throws<InvalidOperationException>(() => InProcessDevice.Open(function));
        }

        using (InProcessDevice.Open(function))
            Assert.Throws<InvalidOperationException>(() => VfioUserServer.Listen(function, Path));
        // A server that does not come to be gives it back.
        using var other = new WillfulFunction();
        using (VfioUserServer.Listen(other, Path))
            Assert.Throws<VfioException>(() => VfioUserServer.Listen(function, Path));
        using var client = TestClient.Attach(function);
        Assert.Equal([7], client.ReadRegion(0, 8, 1));
    }

    [Fact]
    public void What_a_function_of_this_process_has_asked_for_before_it_is_opened_is_done()
    {
        using var function = new WillfulFunction();
        function.Ask();
        using var device = InProcessDevice.Open(function);
        Assert.True(SpinWait.SpinUntil(() => function.WorkCount == 1, 10_000));
        function.Ask();
        Assert.True(SpinWait.SpinUntil(() => function.WorkCount == 2, 10_000));
    }

    [Fact]
    public void A_host_of_this_process_is_seen_in_DoWork_alone_as_any_host()
    {
        FunctionHost? kept = null;
        using var function = new WillfulFunction { Work = host => kept = host };
        using var device = InProcessDevice.Open(function);
        function.Ask();
        Assert.True(SpinWait.SpinUntil(() => function.WorkCount == 1, 10_000));
        Assert.Throws<InvalidOperationException>(() => kept!.ReadMemory(0, new byte[4]));
        Assert.Throws<InvalidOperationException>(() => kept!.WriteMemory(0, new byte[4]));
        Assert.Throws<InvalidOperationException>(() => kept!.SignalInterrupt(0));
        Assert.Throws<InvalidOperationException>(() => kept!.SetInterruptLine(true));
    }

    [Fact]
    public void A_state_that_the_function_fails_to_save_is_not_read_in_part()
    {
        using var function = new WillfulFunction { SavingThrows = true };
        using var client = TestClient.Attach(function);
        Assert.Equal(Errno.None, SetState(client, 6));
        Assert.Equal(Errno.EIO, SetState(client, StopCopy));
        using (var part = client.Call(VfioUserCommand.MigrationDataRead, Wire.Pack(4096u, 64u)))
            Assert.Equal(Wire.Pack(8u, 0u), part.Payload);
        function.SavingThrows = false;
        Assert.Equal(Errno.None, SetState(client, StopCopy));
        Assert.Equal(Errno.None, SetState(client, Running));
    }

    [Fact]
    public unsafe void What_was_rung_before_the_device_is_stopped_is_in_its_state()
    {
        using var function = new WillfulFunction();
        using var client = TestClient.Attach(function);
        using var doorbells = client.Call(VfioUserCommand.DeviceGetRegionIoFds, Wire.Pack(4096u, 0u, 0u, 0u));
        for (var i = 1u; i <= 100; i++)
        {
            ulong one = 1;
            Assert.Equal(sizeof(ulong), Libc.write(doorbells.Fds[0], &one, sizeof(ulong)));
            Assert.Equal(Errno.None, SetState(client, StopCopy));
            using (var state = client.Call(VfioUserCommand.MigrationDataRead, Wire.Pack(1u << 20, 1u << 19)))
                Assert.Equal(Wire.Pack(i), state.Payload[^4..]);
            Assert.Equal(Errno.None, SetState(client, Running));
        }
    }

    private static Errno SetState(TestClient client, uint state) =>
        client.ErrnoOf(VfioUserCommand.DeviceFeature, Wire.Pack(16u, SetDeviceState, state, 0u));

    private sealed class WillfulFunction() : PciFunction(new PciIdentity(0x1af4, 0x10f4, new ClassCode(0xff0000)), [new FunctionBar(0, 0x1000)]),
        IPollingFunction, IHasDoorbells, IMigratable
    {
        private int _workCount;
        private uint _rung;

        public bool HasAlwaysMore { get; init; }

        public bool PollingThrows { get; init; }

        public bool DoorbellsThrow { get; set; }

        public bool SavingThrows { get; set; }

        public Action<FunctionHost>? Work { get; init; }

        public int WorkCount => Volatile.Read(ref _workCount);

        public bool IsPolling => PollingThrows ? throw new InvalidTimeZoneException("as the test asked") : false;

        public IReadOnlyList<Doorbell> Doorbells =>
            DoorbellsThrow ? throw new InvalidTimeZoneException("as the test asked") : [new Doorbell(0, 0x10, 4)];

        public void Ask() => RequestWork();

        public bool Poll(FunctionHost host) => false;

        public bool TryRest(FunctionHost host) => true;

        public void SaveRegisters(IBufferWriter<byte> destination)
        {
            destination.Write(Wire.Pack(_rung));
            if (SavingThrows)
                throw new InvalidTimeZoneException("as the test asked");
        }

        public void LoadRegisters(ReadOnlySpan<byte> state) => throw new InvalidDataException("The test moves nothing in.");

        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => destination.Fill(7);

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
        {
            if (offset == 0x10)
                _rung++;
            RequestWork();
        }

        protected override void DoWork(FunctionHost host)
        {
            Interlocked.Increment(ref _workCount);
            Work?.Invoke(host);
            if (HasAlwaysMore)
                RequestWork();
        }
    }
}
