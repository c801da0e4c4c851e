using VfioSharp.Interrupts;

namespace VfioSharp.InGuest.Served;

/// <summary>Interrupts of a function that is served to this guest. Explicit: it needs a guest to which it is served.</summary>
public sealed class ScratchInterruptTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact(Explicit = true)]
    public void Every_vector_of_MSI_X_fires_by_itself()
    {
        using var scratch = new ScratchDevice();
        Assert.Equal(ScratchDevice.VectorCount, scratch.Device.Interrupts.Msix.Description.Count);
        FireEach(scratch, scratch.Device.Interrupts.Msix, ScratchDevice.VectorCount);
    }

    [Fact(Explicit = true)]
    public void Every_vector_of_MSI_fires_by_itself()
    {
        using var scratch = new ScratchDevice();
        Assert.SkipWhen(Guest.IsIbmZ, "QEMU's zPCI has MSI-X alone");
        // The kernel gives a program more than one vector of MSI only where the machine's interrupts are remapped.
        var count = Math.Min(scratch.Device.Interrupts.Msi.Description.Count, scratch.Device.Dma.Ranges.Count == 0 ? 1 : ScratchDevice.VectorCount);
        FireEach(scratch, scratch.Device.Interrupts.Msi, count);
    }

    [Fact(Explicit = true)]
    public void The_end_of_a_move_is_signalled()
    {
        using var scratch = new ScratchDevice();
        using var memory = new ReachableMemory(scratch.Device, 4096);
        using var vectors = scratch.Device.Interrupts.Msix.Enable(4);
        Assert.True(scratch.Move(ScratchDevice.FromFunction, ScratchDevice.Ram, memory.Address, 4096, vector: 3));
        Assert.True(vectors[3].Wait(Patience));
        for (var i = 0; i < 3; i++)
            Assert.False(vectors[i].TryTake(out _));
    }

    private static void FireEach(ScratchDevice scratch, InterruptSource source, int count)
    {
        using var vectors = source.Enable(count);
        var signalled = scratch.Registers.Read32(ScratchDevice.Signalled);
        for (var i = count - 1; i >= 0; i--)
        {
            scratch.Registers.Write32(ScratchDevice.Trigger, (uint)i);
            Assert.True(vectors[i].Wait(Patience), $"vector {i} did not fire");
            for (var other = 0; other < count; other++)
                Assert.False(vectors[other].TryTake(out _), $"vector {other} fired when {i} was asked for");
        }

        Assert.Equal(signalled + (uint)count, scratch.Registers.Read32(ScratchDevice.Signalled));
    }
}
