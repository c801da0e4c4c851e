using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VfioSharp.Guest.Tests.Served;

/// <summary>
/// QEMU with a machine that never starts, told what to do by its monitor (docs/interop/qmp-spec.rst in QEMU): for what its devices do
/// when they are plugged in and out, which takes no guest.
/// </summary>
internal sealed class QemuMonitor : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // The machine's own hot-plugging of a root port, which lets go of a device at once while the slot has no power, needs no guest; ACPI's does.
    private static readonly string[] Arguments =
    [
        "x86_64", "-S", "-M", "q35,memory-backend=ram", "-m", "128", "-object", "memory-backend-memfd,id=ram,size=128M,share=on", "-nodefaults",
        "-display", "none", "-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off", "-device", $"pcie-root-port,id={Slot},chassis=1", "-qmp", "stdio",
    ];

    private readonly Process _process;
    private readonly Task<string> _error;

    private QemuMonitor(Process process) => (_process, _error) = (process, process.StandardError.ReadToEndAsync());

    /// <summary>The root port for the devices.</summary>
    public const string Slot = "slot0";

    /// <summary>Starts it.</summary>
    /// <param name="arguments">More arguments.</param>
    public static async Task<QemuMonitor> Start(params string[] arguments)
    {
        var monitor = new QemuMonitor(Process.Start(new ProcessStartInfo(Repository.PathOf("guest/qemu"), [.. Arguments, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
        try
        {
            await monitor.ReadUntil("QMP");
            await monitor.Execute("qmp_capabilities");
            return monitor;
        }
        catch
        {
            monitor.Dispose();
            throw;
        }
    }

    /// <summary>Plugs a device that is served at a socket into the root port.</summary>
    public Task Attach(string id, string socket) => Execute(
        "device_add",
        new JsonObject { ["driver"] = "vfio-user-pci", ["id"] = id, ["bus"] = Slot, ["socket"] = new JsonObject { ["type"] = "unix", ["path"] = socket } });

    /// <summary>Takes a device away, and waits until it is gone.</summary>
    public async Task Detach(string id)
    {
        await Send("device_del", new JsonObject { ["id"] = id });
        var (answered, deleted) = (false, false);
        while (!answered || !deleted)
        {
            var message = await Read();
            answered |= message.TryGetProperty("return", out _);
            deleted |= message.TryGetProperty("event", out var name) && name.GetString() == "DEVICE_DELETED" && IsOf(message, id);
        }
    }

    /// <summary>Does a command, and answers with what it returns.</summary>
    public async Task<JsonElement> Execute(string command, JsonObject? arguments = null)
    {
        await Send(command, arguments);
        return await ReadUntil("return");
    }

    /// <summary>Ends QEMU; answers with what it said on standard error.</summary>
    public async Task<string> Quit()
    {
        await Execute("quit");
        using var timeout = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(timeout.Token);
        return await _error;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static bool IsOf(JsonElement message, string id) => message.GetProperty("data").TryGetProperty("device", out var device) && device.GetString() == id;

    private async Task Send(string command, JsonObject? arguments)
    {
        var message = new JsonObject { ["execute"] = command };
        if (arguments is not null)
            message["arguments"] = arguments;
        await _process.StandardInput.WriteLineAsync(message.ToJsonString());
        await _process.StandardInput.FlushAsync();
    }

    private async Task<JsonElement> ReadUntil(string member)
    {
        while (true)
        {
            var message = await Read();
            if (message.TryGetProperty(member, out var value))
                return value;
        }
    }

    private async Task<JsonElement> Read()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var line = await _process.StandardOutput.ReadLineAsync(timeout.Token) ?? throw new InvalidOperationException($"QEMU ended: {await _error}");
        var message = JsonDocument.Parse(line).RootElement;
        return message.TryGetProperty("error", out var error) ? throw new InvalidOperationException($"QEMU refused: {error}") : message;
    }
}
