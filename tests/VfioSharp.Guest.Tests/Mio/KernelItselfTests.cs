using System.Security.Cryptography;

namespace VfioSharp.Guest.Tests.Mio;

/// <summary>
/// What Debian's kernels say and do by themselves on a machine with MIO instructions, with nothing of ours between them and QEMU: they switch the
/// instructions on, and their own NVMe driver works over them, which takes thousands of accesses that all have to be right.
/// </summary>
public sealed class KernelItselfTests
{
    private const int DataInBytes = 8 << 20;

    // The s390 debug feature of arch/s390/pci.
    private const string DebugLog = "mount -t debugfs debugfs /sys/kernel/debug && cat /sys/kernel/debug/s390dbf/pci_msg/sprintf";

    private const string Words = "tests/VfioSharp.Guest.Tests/Scripts/nvme.sh";

    // The driver looks at functions in the background, and gives up the one without addresses, or would have a disk of it.
    private const string WaitForTheOther = """
        tries=0
        while [ -e /sys/bus/pci/devices/$VFIO_OFF/driver ]; do
            tries=$((tries + 1))
            [ $tries -lt 300 ] || { dmesg | grep nvme; exit 1; }
            usleep 100000
        done
        ls /sys/class/nvme | wc -l
        """;

    [Theory]
    [InlineData("s390x 6.12 mio")]
    [InlineData("s390x 7 mio")]
    public async Task They_switch_the_instructions_on_and_their_NVMe_driver_works_over_them(string guest)
    {
        using var folder = new TemporaryFolder();
        var data = RandomNumberGenerator.GetBytes(DataInBytes);
        await File.WriteAllBytesAsync(folder.PathOf("disk"), [.. data, .. new byte[DataInBytes]], TestContext.Current.CancellationToken);

        var session = await GuestSession.Boot(
            guest,
            [
                "--no-bind", "--module", "nvme", "--include", $"{Repository.PathOf(Words)}:/tmp/nvme.sh",
                "--device", $"nvme,id=on,file={folder.PathOf("disk")}", "--device", "nvme,id=off,mio=off,size=16M",
            ],
            ". /tmp/nvme.sh\n" + NamedCommands.Script(
            [
                ("read", "dd if=$(disk $VFIO_ON) of=/tmp/data bs=1M count=8 && sha256sum </tmp/data | cut -d' ' -f1"),
                ("write", "dd if=/tmp/data of=$(disk $VFIO_ON) bs=1M seek=8 conv=fsync"),
                ("controllers", WaitForTheOther),
                ("debug log", DebugLog),
                ("addresses", "cat /proc/iomem"),
                ("interrupts", "cat /proc/interrupts"),
            ]));

        // Where the addresses for combined stores have their bit, and that the function was told to use the instructions. The other has none.
        Assert.Contains("wb bit: 18", session.OutputOf("debug log"), StringComparison.Ordinal);
        Assert.Matches(@"ena mio fid:1, fh:\w+, rc:0(\n|$)", session.OutputOf("debug log"));
        Assert.DoesNotContain("ena mio fid:2", session.OutputOf("debug log"), StringComparison.Ordinal);
        Assert.Contains("ffffc00000000000-ffffc00000003fff : nvme", session.OutputOf("addresses"), StringComparison.Ordinal);
        Assert.Equal("1", session.OutputOf("controllers"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(data)), session.OutputOf("read"));
        session.OutputOf("write");
        Assert.Equal(data, (await File.ReadAllBytesAsync(folder.PathOf("disk"), TestContext.Current.CancellationToken))[DataInBytes..]);
        // MSI-X of the controller's queues: the table is in a BAR that the kernel wrote by the instructions.
        Assert.Matches(@"[1-9]\d* +PCI-MSI\S* +nvme\dq1(\n|$)", session.OutputOf("interrupts"));
    }
}
