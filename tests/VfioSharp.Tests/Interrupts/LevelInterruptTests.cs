namespace VfioSharp.Tests.Interrupts;

public sealed class LevelInterruptTests : IDisposable
{
    private readonly InterruptFixture _device = new();

    public void Dispose() => _device.Dispose();

    [Fact]
    public void The_line_masks_itself_and_fires_again_when_it_is_unmasked_while_up()
    {
        using var line = _device.Interrupts.Intx.Enable();
        _device.Backend.SetLine(up: true);
        Assert.True(line[0].TryTake(out _));
        Assert.False(line[0].TryTake(out _));
        line[0].Unmask();
        Assert.True(line[0].TryTake(out _));
        _device.Backend.SetLine(up: false);
        line[0].Unmask();
        Assert.False(line[0].TryTake(out _));
    }

    [Fact]
    public void A_masked_line_is_held_back_until_it_is_unmasked()
    {
        using var line = _device.Interrupts.Intx.Enable();
        line[0].Mask();
        _device.Backend.SetLine(up: true);
        Assert.False(line[0].TryTake(out _));
        line[0].Unmask();
        Assert.True(line[0].TryTake(out _));
    }

    [Fact]
    public void The_resample_event_unmasks_the_line()
    {
        using var line = _device.Interrupts.Intx.Enable();
        using (var resample = line.ConnectResample())
        {
            Assert.Contains("dispose that first", Assert.Throws<InvalidOperationException>(line.ConnectResample).Message, StringComparison.Ordinal);
            _device.Backend.SetLine(up: true);
            Assert.True(line[0].TryTake(out _));
            Assert.False(_device.Backend.ServeResample());
            resample.Signal();
            Assert.True(_device.Backend.ServeResample());
            Assert.True(line[0].TryTake(out _));
        }

        Assert.Equal("connect Intx Unmask 0 x1 off", _device.Backend.Requests[^1]);
        using var second = line.ConnectResample();
        Assert.True(_device.Backend.IsMasked);
    }

    [Fact]
    public void The_resample_event_ends_with_the_vectors()
    {
        var line = _device.Interrupts.Intx.Enable();
        var resample = line.ConnectResample();
        line.Dispose();
        Assert.Throws<ObjectDisposedException>(resample.Signal);
        resample.Dispose();
        Assert.Equal(["connect Intx Trigger 0 x1", "connect Intx Unmask 0 x1", "disable Intx"], _device.Backend.Requests);
        Assert.Throws<ObjectDisposedException>(line.ConnectResample);
    }

    [Fact]
    public void What_VFIO_cannot_mask_is_refused_before_it_is_asked()
    {
        using var vectors = _device.Interrupts.Msix.Enable(1);
        Assert.Contains("MSI-X", Assert.Throws<InvalidOperationException>(vectors[0].Mask).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(vectors[0].Unmask);
        Assert.Throws<InvalidOperationException>(vectors.ConnectResample);
        Assert.Single(_device.Backend.Requests);
    }

    [Fact]
    public void A_resample_event_that_the_kernel_refuses_can_be_tried_again()
    {
        using var line = _device.Interrupts.Intx.Enable();
        _device.Backend.Refusal = Errno.EBUSY;
        Assert.Throws<VfioException>(line.ConnectResample);
        _device.Backend.Refusal = Errno.None;
        using var resample = line.ConnectResample();
    }
}
