using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>A BAR that vanishes costs all ones and a counted fault, never the process.</summary>
public sealed class FaultTests
{
    private const int Accesses = 1000;

    [Fact]
    public void With_memory_decoding_off_every_read_is_all_ones_and_counted()
    {
        using var device = Guest.Open("nvme");
        using var registers = device.Regions[RegionIndex.Bar0].Open();
        Assert.Equal(Guest.FastestPath, registers.Plan.Path);
        var version = registers.Read32(NvmeAdminQueue.Version);

        device.Config.DisableMemory();
        for (var i = 0; i < Accesses; i++)
            Assert.Equal(uint.MaxValue, registers.Read32(NvmeAdminQueue.Version));
        Assert.Equal(Accesses, registers.FaultCount);

        device.Config.EnableMemory();
        Assert.Equal(version, registers.Read32(NvmeAdminQueue.Version));
        Assert.Equal(Accesses, registers.FaultCount);
    }

    [Fact]
    public void With_memory_decoding_off_every_write_is_dropped_and_counted()
    {
        using var device = Guest.Open("nvme");
        using var registers = device.Regions[RegionIndex.Bar0].Open();
        registers.Write32(NvmeAdminQueue.AdminQueueAttributes, 0x0001_0001);
        device.Config.DisableMemory();
        for (var i = 0; i < Accesses; i++)
            registers.Write32(NvmeAdminQueue.AdminQueueAttributes, 0x0002_0002);
        Assert.Equal(Accesses, registers.FaultCount);
        device.Config.EnableMemory();
        Assert.Equal(0x0001_0001u, registers.Read32(NvmeAdminQueue.AdminQueueAttributes));
    }

    [Fact]
    public void The_region_file_counts_the_same_faults()
    {
        using var device = Guest.Open("nvme");
        using var registers = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { Path = AccessPath.RegionFile });
        device.Config.DisableMemory();
        for (var i = 0; i < Accesses; i++)
            Assert.Equal(uint.MaxValue, registers.Read32(NvmeAdminQueue.Version));
        Assert.Equal(Accesses, registers.FaultCount);
        device.Config.EnableMemory();
        Assert.NotEqual(uint.MaxValue, registers.Read32(NvmeAdminQueue.Version));
    }

    [Fact]
    public void A_window_that_throws_says_what_failed()
    {
        using var device = Guest.Open("nvme");
        using var registers = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        device.Config.DisableMemory();
        var exception = Assert.Throws<DeviceAccessException>(() => registers.Read32(NvmeAdminQueue.Version));
        Assert.Contains("BAR0", exception.Message, StringComparison.Ordinal);
        device.Config.EnableMemory();
        Assert.NotEqual(uint.MaxValue, registers.Read32(NvmeAdminQueue.Version));
    }

    // A read that meets a reset waits for it or fails; what it answers is the register or all ones, and the all ones are counted.
    [Fact]
    public async Task Reads_during_resets_answer_the_register_or_a_counted_all_ones()
    {
        using var device = Guest.Open("nvme");
        using var registers = device.Regions[RegionIndex.Bar0].Open();
        var version = registers.Read32(NvmeAdminQueue.Version);
        var isDone = false;
        var reader = Task.Run(() =>
        {
            var (reads, allOnes, others) = (0L, 0L, 0L);
            while (!Volatile.Read(ref isDone) || reads < Accesses)
            {
                var value = registers.Read32(NvmeAdminQueue.Version);
                reads++;
                if (value == uint.MaxValue)
                    allOnes++;
                else if (value != version)
                    others++;
            }

            return (reads, allOnes, others);
        });
        for (var i = 0; i < 10; i++)
            device.Reset();
        Volatile.Write(ref isDone, true);
        var (reads, allOnes, others) = await reader;

        Assert.True(reads >= Accesses);
        Assert.Equal(0, others);
        Assert.Equal(allOnes, registers.FaultCount);
        Assert.Equal(version, registers.Read32(NvmeAdminQueue.Version));
    }

    // D3hot is a state in which the function decodes nothing (PCI Power Management 1.2, 5.4.1), which a reset ends.
    [Fact]
    public void A_reset_brings_back_a_function_whose_registers_were_gone()
    {
        using var device = Guest.Open("nvme");
        using var registers = device.Regions[RegionIndex.Bar0].Open();
        var version = registers.Read32(NvmeAdminQueue.Version);
        device.Config.DisableMemory();
        for (var i = 0; i < Accesses; i++)
            Assert.Equal(uint.MaxValue, registers.Read32(NvmeAdminQueue.Version));
        device.Reset();
        device.Config.EnableMemory();
        Assert.Equal(version, registers.Read32(NvmeAdminQueue.Version));
        Assert.Equal(Accesses, registers.FaultCount);
    }
}
