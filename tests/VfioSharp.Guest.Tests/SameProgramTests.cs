namespace VfioSharp.Guest.Tests;

/// <summary>One program, byte for byte the same files, on a little-endian and on a big-endian machine: what differs is the machine's.</summary>
public sealed class SameProgramTests
{
    private const string X64 = "x86_64 7";
    private const string IbmZ = "s390x 7";

    // Admin queue sizes and the submission queue's address: a register of 32 bit and one of 64 bit that can be written and read back.
    private const string Script = """
        set -e
        vfio write $VFIO_NVME bar0 0x24 0x001f003f
        vfio write $VFIO_NVME bar0 0x28 0x0000000123456000 --width 64
        vfio read $VFIO_NVME bar0 0 --width 64
        vfio read $VFIO_NVME bar0 8
        vfio read $VFIO_NVME bar0 0x24
        vfio read $VFIO_NVME bar0 0x28 --width 64
        vfio dump $VFIO_NVME bar0 --length 0x30
        cat /usr/lib/vfio/*.dll | sha256sum
        """;

    [Fact]
    public async Task A_controllers_registers_are_the_same_numbers_and_are_written_and_read_back()
    {
        var x64 = await Run(X64, "--mono");
        var ibmZ = await Run(IbmZ);
        Assert.Equal(x64, ibmZ);

        // CAP differs with QEMU's version; the others are the specification's and what was written.
        Assert.Equal(["0x00010400", "0x001f003f", "0x0000000123456000"], ibmZ.Split('\n')[1..4]);
    }

    private static async Task<string> Run(string guest, params string[] options)
    {
        await GuestMachine.SkipWhereUnavailable(guest);
        var run = await GuestMachine.Run(guest, [.. options, "--device", "nvme"], Script);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Output;
    }
}
