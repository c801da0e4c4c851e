using System.Runtime.InteropServices;
using System.Text.Json;

namespace VfioSharp.Tool.Tests.Serving;

public sealed class ServeNvmeTests : IDisposable
{
    private readonly SocketFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--image MISSING", "there is no such file; say how long it is to be")]
    [InlineData("--image EMPTY", "it is empty")]
    [InlineData("--image FOLDER", "MISSING")]
    [InlineData("--image FULL --size 4KiB", "it has 8192 bytes, more than the 4096 that were asked for")]
    [InlineData("--image FULL --image FULL", "somebody else uses it")]
    [InlineData("--image FULL --namespaces 3", "a part has 4096 bytes at least")]
    [InlineData("--image /dev/null", "it is no regular file")]
    public async Task A_bad_image_is_one_sentence_and_nothing_is_left(string arguments, string expected)
    {
        File.WriteAllBytes(_folder["full"], new byte[8192]);
        File.WriteAllBytes(_folder["empty"], []);
        var folder = Directory.CreateDirectory(_folder["folder"]).FullName;

        var run = await ToolRun.RunAsync("/nonexistent", [.. $"serve nvme --socket {_folder["s"]} {arguments}".Split(' ').Select(word => word switch
        {
            "MISSING" => _folder["missing"],
            "EMPTY" => _folder["empty"],
            "FOLDER" => folder,
            "FULL" => _folder["full"],
            _ => word,
        })]);

        run.AssertRefused(ExitCode.Refused, expected == "MISSING" ? folder : expected);
        Assert.False(File.Exists(_folder["s"]));
        Assert.False(File.Exists(_folder["missing"]));
    }

    [Fact]
    public async Task What_was_written_is_in_the_file_when_it_has_ended()
    {
        var bytes = new byte[1 << 20];
        Random.Shared.NextBytes(bytes);
        File.WriteAllBytes(_folder["in"], bytes);
        using var server = await RunningServer.StartAsync("nvme", "--image", _folder["disk"], "--size", "8MiB", "--socket", _folder["s"]);
        Assert.Equal($"Serving nvme (1b36:0010) at {_folder["s"]}.", server.Ready);

        var run = await ToolRun.RunAsync("/nonexistent", "nvme", "write", "vfio-user:" + _folder["s"], "--lba", "2048", "--input", _folder["in"]);
        server.Signal(PosixSignal.SIGTERM);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal((ExitCode.Done, ""), await server.EndAsync());
        Assert.Equal([.. new byte[1 << 20], .. bytes, .. new byte[6 << 20]], File.ReadAllBytes(_folder["disk"]));
    }

    [Fact]
    public async Task A_folder_gets_the_socket_that_SPDK_looks_for()
    {
        var folder = Directory.CreateDirectory(_folder["folder"]).FullName;
        using var server = await RunningServer.StartAsync("nvme", "--size", "4MiB", "--socket", folder, "--json");

        var socket = server.ReadyJson.GetProperty("functions")[0].GetProperty("socket").GetString();

        Assert.Equal(Path.Combine(folder, "cntrl"), socket);
        Assert.Equal([(1, 8192)], await NamespacesAsync(socket!));
    }

    [Fact]
    public async Task An_image_is_divided_into_disks_that_do_not_overlap()
    {
        using (var server = await RunningServer.StartAsync(
            "nvme", "--image", _folder["disk"], "--size", "12MiB", "--namespaces", "3", "--block-size", "4096", "--socket", _folder["s"]))
        {
            Assert.Equal([(1, 1024), (2, 1024), (3, 1024)], await NamespacesAsync(_folder["s"]));
            for (byte space = 1; space <= 3; space++)
            {
                File.WriteAllBytes(_folder["in"], Enumerable.Repeat(space, 4 << 20).ToArray());
                var run = await ToolRun.RunAsync(
                    "/nonexistent", "nvme", "write", "vfio-user:" + _folder["s"], "--namespace", $"{space}", "--input", _folder["in"]);
                Assert.Equal((0, ""), (run.ExitCode, run.Error));
            }
        }

        Assert.Equal(Enumerable.Range(0, 12 << 20).Select(index => (byte)(index / (4 << 20) + 1)), File.ReadAllBytes(_folder["disk"]));
    }

    [Fact]
    public async Task A_disk_that_is_for_reading_takes_no_writes()
    {
        File.WriteAllBytes(_folder["disk"], new byte[1 << 20]);
        File.WriteAllBytes(_folder["in"], [1]);
        using var server = await RunningServer.StartAsync(
            "nvme", "--image", _folder["disk"], "--read-only", "--doorbells", "trapped", "--socket", _folder["s"]);

        var run = await ToolRun.RunAsync("/nonexistent", "nvme", "write", "vfio-user:" + _folder["s"], "--input", _folder["in"]);

        run.AssertRefused(ExitCode.Refused, "No byte is known to be written");
        Assert.Equal(new byte[1 << 20], File.ReadAllBytes(_folder["disk"]));
    }

    [Fact]
    public async Task It_can_be_one_of_several_functions()
    {
        using var server = await RunningServer.StartAsync("nvme,doorbells=trapped@" + _folder["n"], "edu@" + _folder["e"]);

        using var nvme = VfioDevice.Open("vfio-user:" + _folder["n"]);
        using var edu = VfioDevice.Open("vfio-user:" + _folder["e"]);

        Assert.Equal((0x1b36, 0x1234), (nvme.Config.VendorId, edu.Config.VendorId));
        Assert.Empty(nvme.Regions[0].Description.SparseAreas);
    }

    private static async Task<IEnumerable<(int Id, int Blocks)>> NamespacesAsync(string socket)
    {
        var run = await ToolRun.RunAsync("/nonexistent", "nvme", "identify", "vfio-user:" + socket, "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return JsonDocument.Parse(run.Output).RootElement.GetProperty("namespaces").EnumerateArray()
            .Select(space => (space.GetProperty("nsid").GetInt32(), space.GetProperty("nsze").GetInt32()));
    }
}
