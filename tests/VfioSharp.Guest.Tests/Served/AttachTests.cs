using VfioSharp.Emulation.Functions;

namespace VfioSharp.Guest.Tests.Served;

/// <summary>QEMU attaches functions of this process and lets go of them, again and again.</summary>
[Collection(typeof(Alone))]
public sealed class AttachTests
{
    private const int WarmUp = 6;
    private const string Qemu = "x86_64 6.12";

    // QEMU 11.1 aborts where a function with MSI-X is unplugged, whoever serves it (hw/vfio-user/pci.c, vfio_user_instance_finalize).
    [Fact]
    public async Task Plugging_in_and_out_two_hundred_times_leaves_nothing_behind()
    {
        const int Cycles = 200;
        await GuestMachine.SkipWhereUnavailable(Qemu);
        using var devices = new ServedDevices();
        devices.Add("edu", new EduFunction(withMsix: false));
        using var qemu = await QemuMonitor.Start();

        ServerRemains? before = null;
        for (var i = -WarmUp; i < Cycles; i++)
        {
            before = i == 0 ? await ServerRemains.Settled() : before;
            await qemu.Attach("edu", devices.SocketOf("edu"));
            await qemu.Detach("edu");
        }

        (await ServerRemains.Settled()).AssertAsBefore(before!);
        Assert.Equal(WarmUp + Cycles, devices["edu"].ClientCount);
        devices.AssertNoFault();
        Assert.Equal(string.Empty, await qemu.Quit());
    }

    [Fact]
    public async Task Two_hundred_attachments_of_QEMUs_that_come_and_go_leave_nothing_behind()
    {
        const int Starts = 67;
        await GuestMachine.SkipWhereUnavailable(Qemu);
        using var devices = new ServedDevices();
        devices.Add("scratch", new ScratchFunction());
        devices.Add("edu", new EduFunction());
        devices.Add("ism", new IsmFunction());

        ServerRemains? before = null;
        for (var i = -WarmUp; i < Starts; i++)
        {
            before = i == 0 ? await ServerRemains.Settled() : before;
            using var qemu = await QemuMonitor.Start(devices.QemuOptions);
            // Every third is killed, in the midst of whatever it does.
            if (i % 3 != 0)
                Assert.Equal(string.Empty, await qemu.Quit());
        }

        (await ServerRemains.Settled()).AssertAsBefore(before!);
        Assert.All((string[])["scratch", "edu", "ism"], name => Assert.Equal(WarmUp + Starts, devices[name].ClientCount));
        devices.AssertNoFault();
    }
}
