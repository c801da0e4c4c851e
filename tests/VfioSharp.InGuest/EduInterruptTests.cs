namespace VfioSharp.InGuest;

/// <summary>Interrupts raised by a device that is not ours.</summary>
public sealed class EduInterruptTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Msi_arrives_at_a_blocking_wait()
    {
        using var edu = new EduDevice();
        edu.Device.Config.EnableBusMaster();
        using var vectors = edu.Messages.Enable(1);
        Assert.False(vectors[0].Wait(TimeSpan.FromMilliseconds(50)));
        edu.Registers.Write32(EduDevice.RaiseInterrupt, 1);
        Assert.True(vectors[0].Wait(Patience));
        Assert.Equal(1u, edu.Registers.Read32(EduDevice.InterruptStatus));
        edu.Registers.Write32(EduDevice.AcknowledgeInterrupt, 1);
    }

    [Fact]
    public async Task Msi_arrives_at_an_asynchronous_wait()
    {
        using var edu = new EduDevice();
        edu.Device.Config.EnableBusMaster();
        using var vectors = edu.Messages.Enable(1);
        var waiting = vectors[0].WaitAsync(CancellationToken.None);
        edu.Registers.Write32(EduDevice.RaiseInterrupt, 1);
        Assert.True(await waiting >= 1);
        edu.Registers.Write32(EduDevice.AcknowledgeInterrupt, 1);
    }

    // A level interrupt masks itself; the device is acknowledged before it is unmasked, or it would fire again at once.
    [Fact]
    public void Intx_masks_itself_until_it_is_unmasked()
    {
        using var edu = new EduDevice();
        Assert.SkipWhen(Guest.IsIbmZ, "IBM Z has no interrupt lines");
        using var vectors = edu.Device.Interrupts.Intx.Enable(1);
        edu.Registers.Write32(EduDevice.RaiseInterrupt, 1);
        Assert.True(vectors[0].Wait(Patience));
        Assert.False(vectors[0].Wait(TimeSpan.FromMilliseconds(50)));

        vectors[0].Unmask();
        Assert.True(vectors[0].Wait(Patience));

        edu.Registers.Write32(EduDevice.AcknowledgeInterrupt, 1);
        vectors[0].Unmask();
        Assert.False(vectors[0].Wait(TimeSpan.FromMilliseconds(50)));
        edu.Registers.Write32(EduDevice.RaiseInterrupt, 2);
        Assert.True(vectors[0].Wait(Patience));
        edu.Registers.Write32(EduDevice.AcknowledgeInterrupt, 2);
    }

    [Fact]
    public void A_computation_that_ends_raises_its_interrupt()
    {
        using var edu = new EduDevice();
        edu.Device.Config.EnableBusMaster();
        using var vectors = edu.Messages.Enable(1);
        edu.Registers.Write32(EduDevice.Status, EduDevice.InterruptAfterFactorial);
        edu.Registers.Write32(EduDevice.Factorial, 5);
        Assert.True(vectors[0].Wait(Patience));
        Assert.Equal(120u, edu.Registers.Read32(EduDevice.Factorial));
        edu.Registers.Write32(EduDevice.AcknowledgeInterrupt, 1);
        edu.Registers.Write32(EduDevice.Status, 0);
    }
}
