namespace VfioSharp.Guest.Tests.Nvme;

/// <summary>
/// One boot of a guest that has nvme-cli, fio, e2fsprogs, and the kernel's driver for NVMe and ext4. Its shell knows the words of Scripts/nvme.sh.
/// </summary>
internal static class NvmeSession
{
    private const string Words = "tests/VfioSharp.Guest.Tests/Scripts/nvme.sh";

    /// <summary>Boots a guest and runs commands there.</summary>
    /// <param name="guest">Machine and kernel.</param>
    /// <param name="options">Further options of guest/run, its devices among them.</param>
    /// <param name="commands">The commands.</param>
    public static Task<GuestSession> Start(string guest, string[] options, params (string Name, string Command)[] commands) => GuestSession.Boot(
        guest,
        ["--with", GuestMachine.Packages, "--module", "nvme", "--module", "ext4", "--include", $"{Repository.PathOf(Words)}:/tmp/nvme.sh", .. options],
        ". /tmp/nvme.sh\n" + NamedCommands.Script(commands));
}
