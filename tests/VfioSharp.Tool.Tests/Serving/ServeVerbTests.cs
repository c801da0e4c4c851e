using System.Runtime.InteropServices;
using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.VfioUser;
using VfioSharp.Native;

namespace VfioSharp.Tool.Tests.Serving;

public sealed class ServeVerbTests : IDisposable
{
    private readonly SocketFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("serve", "FUNCTION")]
    [InlineData("serve scratch", "--socket PATH, or --fd N")]
    [InlineData("serve scratch --socket a --fd 3", "--socket PATH, or --fd N")]
    [InlineData("serve bicycle --socket a", "'bicycle' is no function")]
    [InlineData("serve scratch,speed=1 --socket a", "'speed' is no option of scratch")]
    [InlineData("serve scratch,shared=maybe --socket a", "shared=on|off")]
    [InlineData("serve scratch edu --socket a", "FUNCTION@PATH")]
    [InlineData("serve scratch edu@b", "'scratch' does not say where")]
    [InlineData("serve scratch@", "'scratch@' does not say where")]
    [InlineData("serve scratch@a edu@a", "'a' can be the socket of one function alone")]
    [InlineData("serve scratch --fd x", "--fd is the number of a descriptor")]
    [InlineData("serve scratch --fd -1", "--fd is the number of a descriptor")]
    [InlineData("serve scratch --socket a --max-fds 17", "--max-fds is a number from 1 to 16")]
    [InlineData("serve scratch --socket a --max-transfer 4095", "--max-transfer is a number from 4096 to 67108864")]
    [InlineData("serve scratch --socket a --max-state 4095", "--max-state is a number from 4096 to 2147418112")]
    [InlineData("serve scratch --socket a --reply-timeout 0", "--reply-timeout is a number from 1")]
    public async Task A_wrong_command_line_is_told_from_a_refusal(string arguments, string expected) =>
        (await ToolRun.RunAsync("/nonexistent", arguments.Split(' '))).AssertRefused(ExitCode.WrongCommandLine, expected);

    [Fact]
    public async Task The_manual_has_every_function_with_its_options_and_their_defaults()
    {
        var run = await ToolRun.RunAsync("/nonexistent", "serve", "--help");
        Assert.Equal(0, run.ExitCode);
        foreach (var option in StockFunctions.All.SelectMany(function => function.Options))
        {
            var defaultValue = option.Default.Length == 0 ? string.Empty : $", default {option.Default}";
            Assert.Contains($"      {option.Name}={option.Values}{defaultValue}:", run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_path_at_which_somebody_listens_is_refused()
    {
        using var function = new ScratchFunction();
        using var other = VfioUserServer.Listen(function, _folder["taken.sock"]);

        (await ToolRun.RunAsync("/nonexistent", "serve", "scratch", "--socket", _folder["taken.sock"])).AssertRefused(ExitCode.Refused, "EADDRINUSE");

        Assert.True(File.Exists(_folder["taken.sock"]));
    }

    [Fact]
    public async Task Where_one_of_several_cannot_be_served_none_is_left()
    {
        using var function = new ScratchFunction();
        using var other = VfioUserServer.Listen(function, _folder["taken.sock"]);

        var run = await ToolRun.RunAsync("/nonexistent", "serve", "edu@" + _folder["free.sock"], "scratch@" + _folder["taken.sock"]);

        run.AssertRefused(ExitCode.Refused, "EADDRINUSE");
        Assert.False(File.Exists(_folder["free.sock"]));
    }

    [Fact]
    public async Task A_descriptor_that_is_no_connection_is_refused()
    {
        var descriptor = dup(0);

        (await ToolRun.RunAsync("/nonexistent", "serve", "scratch", "--fd", $"{descriptor}")).AssertRefused(ExitCode.Refused, "connection");
    }

    [Fact]
    public async Task A_connection_that_exists_is_served_to_its_end()
    {
        var (ours, theirs) = Connect();
        using (ours)
        {
            var serving = ToolRun.RunAsync("/nonexistent", "serve", "edu", "--fd", $"{theirs}");
            ours.Close();

            var run = await serving;

            Assert.Equal((ExitCode.Done, $"Serving edu (1234:11e8) on descriptor {theirs}.\n", ""), (run.ExitCode, run.Output, run.Error));
        }
    }

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task A_signal_ends_it_and_its_socket(PosixSignal signal)
    {
        using var server = await RunningServer.StartAsync("scratch", "--socket", _folder["s.sock"]);
        Assert.Equal($"Serving scratch (1af4:10f0) at {_folder["s.sock"]}.", server.Ready);
        Assert.True(File.Exists(_folder["s.sock"]));

        server.Signal(signal);

        Assert.Equal((ExitCode.Done, ""), await server.EndAsync());
        Assert.False(File.Exists(_folder["s.sock"]));
    }

    [Fact]
    public async Task A_client_that_stays_does_not_hold_up_the_end()
    {
        using var server = await RunningServer.StartAsync("scratch", "--socket", _folder["s.sock"]);
        using var device = VfioDevice.Open("vfio-user:" + _folder["s.sock"]);

        server.Signal(PosixSignal.SIGTERM);

        Assert.Equal((ExitCode.Done, ""), await server.EndAsync());
    }

    [Fact]
    public async Task The_end_of_standard_input_ends_it_where_that_is_asked_for()
    {
        using var server = await RunningServer.StartAsync("edu", "--socket", _folder["s.sock"], "--until-stdin-ends");

        server.EndInput();

        Assert.Equal((ExitCode.Done, ""), await server.EndAsync());
        Assert.False(File.Exists(_folder["s.sock"]));
    }

    [Fact]
    public async Task It_ends_with_its_first_client_where_that_is_asked_for()
    {
        using var server = await RunningServer.StartAsync("edu", "--socket", _folder["s.sock"], "--once");

        using (var device = VfioDevice.Open("vfio-user:" + _folder["s.sock"]))
            Assert.Equal(0x1234, device.Config.VendorId);

        Assert.Equal((ExitCode.Done, ""), await server.EndAsync());
        Assert.False(File.Exists(_folder["s.sock"]));
    }

    [Fact]
    public async Task Without_that_it_serves_the_next_one()
    {
        using var server = await RunningServer.StartAsync("edu", "--socket", _folder["s.sock"]);

        for (var client = 0; client < 3; client++)
        {
            using var device = VfioDevice.Open("vfio-user:" + _folder["s.sock"]);
            Assert.Equal(0x1234, device.Config.VendorId);
        }
    }

    [Fact]
    public async Task One_process_serves_several_functions()
    {
        using var server = await RunningServer.StartAsync("edu@" + _folder["e.sock"], "scratch,shared=off@" + _folder["s.sock"], "--json");

        var ready = server.ReadyJson;
        Assert.Equal(server.Id, ready.GetProperty("processId").GetInt32());
        Assert.Equal(
            [("edu", 0x1234, _folder["e.sock"]), ("scratch,shared=off", 0x1af4, _folder["s.sock"])],
            ready.GetProperty("functions").EnumerateArray().Select(function => (
                function.GetProperty("function").GetString()!, function.GetProperty("vendor").GetInt32(), function.GetProperty("socket").GetString()!)));
        using var edu = VfioDevice.Open("vfio-user:" + _folder["e.sock"]);
        using var scratch = VfioDevice.Open("vfio-user:" + _folder["s.sock"]);
        Assert.Equal((0x11e8, 0x10f0), (edu.Config.DeviceId, scratch.Config.DeviceId));
        Assert.Empty(scratch.Regions[0].Description.SparseAreas);
    }

    [Fact]
    public async Task A_socket_that_a_killed_server_left_is_replaced()
    {
        using (var killed = await RunningServer.StartAsync("scratch", "--socket", _folder["s.sock"]))
            killed.Kill();
        Assert.True(File.Exists(_folder["s.sock"]));

        using var server = await RunningServer.StartAsync("edu", "--socket", _folder["s.sock"]);

        using var device = VfioDevice.Open("vfio-user:" + _folder["s.sock"]);
        Assert.Equal(0x1234, device.Config.VendorId);
    }

    [Fact]
    public async Task Told_to_it_says_which_clients_come_and_go()
    {
        using var server = await RunningServer.StartAsync("edu", "--socket", _folder["s.sock"], "--once", "--verbose");

        VfioDevice.Open("vfio-user:" + _folder["s.sock"]).Dispose();

        var (code, error) = await server.EndAsync();
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("vfio serve: edu: A client connected\n", error, StringComparison.Ordinal);
        Assert.Contains("vfio serve: edu: The client is gone", error, StringComparison.Ordinal);
    }

    private static unsafe (SafeHandle Ours, int Theirs) Connect()
    {
        var pair = stackalloc int[2];
        Assert.Equal(0, Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair));
        return (new FileDescriptor(pair[0]), pair[1]);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int dup(int descriptor);
}
