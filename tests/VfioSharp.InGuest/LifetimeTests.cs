using VfioSharp.Dma;
using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>What a device leaves behind when it is closed: nothing.</summary>
public sealed class LifetimeTests
{
    private const int Cycles = 1000;

    [Fact]
    public async Task Opening_and_closing_leaves_no_descriptor_mapping_or_thread_behind()
    {
        // What the runtime itself opens at the first use stays, and is no leak.
        for (var i = 0; i < 10; i++)
            await OpenAndClose();
        var before = Count();

        for (var i = 0; i < Cycles; i++)
            await OpenAndClose();

        var after = Count();
        Assert.Equal(before with { AllMappings = 0 }, after with { AllMappings = 0 });
        // The runtime's heap comes and goes in a few mappings; one left by each cycle would be a thousand.
        Assert.InRange(after.AllMappings, 0, before.AllMappings + 50);
    }

    [Fact]
    public void A_device_that_cannot_be_opened_leaves_no_descriptor_behind()
    {
        using var holder = Guest.Open("edu");
        Assert.Throws<VfioException>(() => Guest.Open("edu"));
        var before = Count().Descriptors;
        for (var i = 0; i < 100; i++)
            Assert.Throws<VfioException>(() => Guest.Open("edu"));
        Assert.Equal(before, Count().Descriptors);
    }

    private static async Task OpenAndClose()
    {
        using var device = Guest.Open("edu");
        using var registers = device.Regions[RegionIndex.Bar0].Open();
        Assert.Equal(EduDevice.IdentificationValue, registers.Read32(EduDevice.Identification));
        using var buffer = DmaBuffer.Allocate(4096);
        using var mapping = device.Dma.Map(buffer);
        using var vectors = device.Interrupts.Msi.Enable(1);
        var wait = vectors[0].WaitAsync();
        vectors[0].Trigger();
        Assert.Equal(1ul, await wait);
    }

    private static Remains Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var mappings = File.ReadAllLines("/proc/self/maps");
        // The pool's own threads come and go with the load.
        var threads = Directory.GetDirectories("/proc/self/task").Count(task => !File.ReadAllText(task + "/comm").StartsWith(".NET TP", StringComparison.Ordinal));
        return new Remains(
            Directory.GetFileSystemEntries("/proc/self/fd").Length,
            mappings.Count(line => line.Contains("vfio", StringComparison.Ordinal)),
            mappings.Length,
            threads);
    }

    private sealed record Remains(int Descriptors, int DeviceMappings, int AllMappings, int Threads);
}
