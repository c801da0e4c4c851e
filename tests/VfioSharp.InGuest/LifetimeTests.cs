using VfioSharp.Dma;
using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>What a device leaves behind when it is closed: nothing.</summary>
public sealed class LifetimeTests
{
    // Closing resets a function that can be reset, which takes a tenth of a second.
    private static readonly (string Device, int Cycles) Subject = Guest.Has("edu") ? ("edu", 1000) : ("nvme", 60);

    [Fact]
    public async Task Opening_and_closing_leaves_no_descriptor_mapping_or_thread_behind()
    {
        // What the runtime itself opens at the first use stays, and is no leak.
        for (var i = 0; i < 10; i++)
            await OpenAndClose();
        var before = Count();

        for (var i = 0; i < Subject.Cycles; i++)
            await OpenAndClose();

        var after = Count();
        Assert.Equal(before with { AllMappings = 0 }, after with { AllMappings = 0 });
        // The runtime's heap comes and goes in a few mappings; one left by each cycle would be more.
        Assert.InRange(after.AllMappings, 0, before.AllMappings + 50);
    }

    [Fact]
    public void A_device_that_cannot_be_opened_leaves_no_descriptor_behind()
    {
        using var holder = Guest.Open(Subject.Device);
        Assert.Throws<VfioException>(() => Guest.Open(Subject.Device));
        var before = Count().Descriptors;
        for (var i = 0; i < Subject.Cycles / 10; i++)
            Assert.Throws<VfioException>(() => Guest.Open(Subject.Device));
        Assert.Equal(before, Count().Descriptors);
    }

    private static async Task OpenAndClose()
    {
        using var device = Guest.Open(Subject.Device);
        using var registers = device.Regions[RegionIndex.Bar0].Open();
        Assert.NotEqual(uint.MaxValue, registers.Read32(0));
        using var buffer = DmaBuffer.Allocate(4096);
        using var mapping = device.Dma.Map(buffer);
        using var vectors = (device.Interrupts.Msix.IsPresent ? device.Interrupts.Msix : device.Interrupts.Msi).Enable(1);
        var wait = vectors[0].WaitAsync();
        vectors[0].Trigger();
        Assert.Equal(1ul, await wait);
    }

    private static Remains Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var mappings = File.ReadAllLines("/proc/self/maps");
        var threads = Directory.GetDirectories("/proc/self/task").Count(task => !IsOfPool(File.ReadAllText(task + "/comm")));
        return new Remains(
            Directory.GetFileSystemEntries("/proc/self/fd").Length,
            mappings.Count(line => line.Contains("vfio", StringComparison.Ordinal)),
            mappings.Length,
            threads);
    }

    // The pool's own threads come and go with the load; .NET and Mono name them.
    private static bool IsOfPool(string name) =>
        name.StartsWith(".NET TP", StringComparison.Ordinal) || name.StartsWith("Thread Pool", StringComparison.Ordinal);

    private sealed record Remains(int Descriptors, int DeviceMappings, int AllMappings, int Threads);
}
