namespace VfioSharp.Guest.Tests;

/// <summary>
/// One boot a guest in which the command `vfio` is used as a person would: a list of named commands, each with its exit code, output and
/// error apart.
/// </summary>
internal static class ToolSession
{
    private static readonly (string Name, string Command)[] X64Commands =
    [
        ("list", "vfio list --json"),
        ("probe nvme", "vfio probe $VFIO_NVME --json"),
        ("probe edu", "vfio probe $VFIO_EDU --json"),
        ("probe e1000e", "vfio probe $VFIO_E1000E --json"),
        ("probe igb", "vfio probe $VFIO_IGB --json"),
        ("probe ivshmem-plain", "vfio probe $VFIO_IVSHMEM_PLAIN --json"),
        ("probe for people", "vfio probe $VFIO_NVME"),
        ("CAP by the fastest path", "vfio read $VFIO_NVME bar0 0 --width 64"),
        ("CAP by RegionFile", "vfio read $VFIO_NVME bar0 0 --width 64 --path RegionFile"),
        ("VS by the fastest path", "vfio read $VFIO_NVME bar0 8"),
        ("VS by RegionFile", "vfio read $VFIO_NVME bar0 8 --path RegionFile"),
        ("edu inverts", "vfio write $VFIO_EDU bar0 4 0x12345678 && vfio read $VFIO_EDU bar0 4"),
        ("dump config", "vfio dump $VFIO_NVME config --length 64"),
        ("bench", "vfio bench $VFIO_NVME bar0 0 --json"),
        ("unknown device", "vfio probe 0000:7f:1f.7"),
        ("garbage address", "vfio probe ../../etc/passwd"),
        ("no address", "vfio probe"),
        ("unknown verb", "vfio frobnicate"),
        ("BAR out of range", "vfio read $VFIO_NVME bar6 0"),
        ("absent BAR", "vfio read $VFIO_NVME bar5 0"),
        ("offset beyond the end", "vfio read $VFIO_NVME bar0 0x100000000"),
        ("garbage offset", "vfio read $VFIO_NVME bar0 pumpkin"),
        ("misaligned offset", "vfio read $VFIO_NVME bar0 2 --width 64"),
        ("value that does not fit", "vfio write $VFIO_EDU bar0 4 0x100 --width 8"),
        ("garbage width", "vfio read $VFIO_NVME bar0 0 --width 24"),
        ("path that is not possible", "vfio read $VFIO_NVME config 0 --path LoadStore"),
        ("path of IBM Z", "vfio read $VFIO_NVME bar0 0 --path MioInstruction"),
        ("unbind not root", "su nobody -s /bin/sh -c 'vfio unbind '$VFIO_NVME"),
        ("probe not root", "su nobody -s /bin/sh -c 'vfio probe '$VFIO_NVME"),
        ("unbind", "vfio unbind $VFIO_NVME"),
        ("not bound", "vfio probe $VFIO_NVME"),
        ("bind", "vfio bind $VFIO_NVME"),
        ("bound again", "vfio read $VFIO_NVME bar0 8"),
    ];

    // Fewer, since each takes Mono seconds to start under emulation, and the tests inside of the guest try the rest.
    private static readonly (string Name, string Command)[] IbmZCommands =
    [
        ("probe nvme", "vfio probe $VFIO_NVME --json"),
        ("CAP by the fastest path", "vfio read $VFIO_NVME bar0 0 --width 64"),
        ("VS by the fastest path", "vfio read $VFIO_NVME bar0 8"),
        ("write AQA", "vfio write $VFIO_NVME bar0 0x24 0x001f000f"),
        ("dump config", "vfio dump $VFIO_NVME config --length 64"),
        ("bench", "vfio bench $VFIO_NVME bar0 0 --json"),
        ("garbage address", "vfio probe ../../etc/passwd"),
        ("unknown verb", "vfio frobnicate"),
        ("offset beyond the end", "vfio read $VFIO_NVME bar0 0x100000000"),
        ("path that is not possible", "vfio read $VFIO_NVME bar0 0 --path LoadStore"),
    ];

    private static readonly Dictionary<string, Lazy<Task<Dictionary<string, ProcessRun>>>> Sessions =
        GuestMachine.Guests.ToDictionary(guest => guest, guest => new Lazy<Task<Dictionary<string, ProcessRun>>>(() => Boot(guest)));

    /// <summary>What a command of the list did.</summary>
    /// <param name="guest">Machine and kernel.</param>
    /// <param name="name">The command's name in the list.</param>
    public static async Task<ProcessRun> ResultOf(string guest, string name)
    {
        await GuestMachine.SkipWhereUnavailable(guest);
        return (await Sessions[guest].Value)[name];
    }

    private static async Task<Dictionary<string, ProcessRun>> Boot(string guest)
    {
        var commands = GuestMachine.IsIbmZ(guest) ? IbmZCommands : X64Commands;
        // With its own driver loaded, the controller falls back to it when VFIO lets go; the kernel made here has no modules.
        string[] options = GuestMachine.HasIommufd(guest) ? [] : ["--module", "nvme"];
        var run = await GuestMachine.Run(
            guest, options, "echo nobody:x:65534:65534::/tmp:/bin/sh >>/etc/passwd\n" + NamedCommands.Script(commands));
        var results = NamedCommands.Parse(run.Output);
        return results.Count == commands.Length
            ? results
            : throw new InvalidOperationException($"The session in the guest did not come to its end; guest/run ended with {run.ExitCode}:\n{run.Output}\n{run.Error}");
    }
}
