using VfioSharp.Mmio;
using VfioSharp.Native;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>
/// Accesses that the machine answers with a condition code or a program exception: all ones and a counted fault, or an exception with the cause, and
/// the process lives. Explicit: see <see cref="MioGuest"/>, whose QEMU answers so; which exception a machine raises is a guess.
/// </summary>
public sealed class MioConditionCodeTests
{
    private const int Accesses = 100;
    private static readonly int[] Widths = [1, 2, 4, 8];

    // In the order of the registers. A status comes with condition code 1 alone.
    private static readonly (AccessFaultKind Kind, int Code, byte? Status, string Said)[] Causes =
    [
        (AccessFaultKind.ConditionCode, 1, 12, "condition code 1, status 12"),
        (AccessFaultKind.ConditionCode, 2, null, "condition code 2"),
        (AccessFaultKind.ConditionCode, 3, null, "condition code 3"),
        (AccessFaultKind.Signal, Libc.SIGILL, null, "does not take the instruction"),
        (AccessFaultKind.Signal, Libc.SIGILL, null, "does not take the instruction"),
    ];

    [Fact(Explicit = true)]
    public void A_load_answers_all_ones_and_is_counted_and_the_next_register_works()
    {
        using var device = Guest.Open(MioGuest.Faulty);
        using var window = device.Regions[RegionIndex.Bar0].Open();
        Assert.Equal(AccessPath.MioInstruction, window.Plan.Path);
        var version = window.Read32(NvmeAdminQueue.Version);
        var faults = 0;
        for (var i = 0; i < Causes.Length; i++)
        {
            foreach (var width in Widths)
            {
                // Busy is tried a thousand times.
                for (var access = 0; access < (i == 1 ? 1 : Accesses); access++)
                {
                    Assert.Equal(MioGuest.AllOnes(width), RegisterAccess.Read(window, OffsetOf(i), width));
                    Assert.Equal(++faults, window.FaultCount);
                }

                Assert.Equal(version, window.Read32(NvmeAdminQueue.Version));
            }
        }

        Assert.Equal(faults, window.FaultCount);
    }

    [Fact(Explicit = true)]
    public void A_store_and_a_block_store_are_dropped_and_counted()
    {
        using var device = Guest.Open(MioGuest.Faulty);
        using var window = device.Regions[RegionIndex.Bar0].Open();
        var faults = 0;
        for (var i = 0; i < Causes.Length; i++)
        {
            foreach (var width in Widths)
            {
                RegisterAccess.Write(window, OffsetOf(i), 0, width);
                Assert.Equal(++faults, window.FaultCount);
            }

            window.WriteBlock(OffsetOf(i), new byte[16]);
            Assert.Equal(++faults, window.FaultCount);
        }

        window.Write32(NvmeAdminQueue.AdminQueueAttributes, 0x0003_0005);
        Assert.Equal(0x0003_0005u, window.Read32(NvmeAdminQueue.AdminQueueAttributes));
        Assert.Equal(faults, window.FaultCount);
    }

    [Fact(Explicit = true)]
    public void A_window_that_throws_tells_condition_code_status_or_signal()
    {
        using var device = Guest.Open(MioGuest.Faulty);
        using var window = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        for (var i = 0; i < Causes.Length; i++)
        {
            var offset = OffsetOf(i);
            foreach (var failed in (DeviceAccessException[])
            [
                Assert.Throws<DeviceAccessException>(() => window.Read32(offset)),
                Assert.Throws<DeviceAccessException>(() => window.Write64(offset, 1)),
                Assert.Throws<DeviceAccessException>(() => window.WriteBlock(offset, new byte[24])),
            ])
            {
                Assert.Equal((Causes[i].Kind, Causes[i].Code), (failed.Outcome.Kind, failed.Outcome.Code));
                Assert.Contains(Causes[i].Said, failed.Message, StringComparison.Ordinal);
                Assert.Contains($"0x{offset:x} of BAR0", failed.Message, StringComparison.Ordinal);
                if (Causes[i].Status is { } status)
                    Assert.Equal(status, failed.Outcome.Status);
            }
        }
    }

    // The kernel's own load ends with all ones in each case, and tells nobody (arch/s390/pci/pci_insn.c, zpci_load).
    [Fact(Explicit = true)]
    public void The_region_file_answers_all_ones_and_knows_of_no_fault()
    {
        using var device = Guest.Open(MioGuest.Faulty);
        using var file = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = AccessPath.RegionFile });
        foreach (var register in (int[])[0, 2])
            Assert.Equal(uint.MaxValue, file.Read32(OffsetOf(register)));
        Assert.Equal(0, file.FaultCount);
    }

    private static ulong OffsetOf(int register) => MioGuest.FirstFaulty + (ulong)register * 8;
}
