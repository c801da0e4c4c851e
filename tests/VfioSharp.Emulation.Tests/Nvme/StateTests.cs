using System.Buffers.Binary;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

/// <summary>Enabled, disabled, shut down, failed (NVMe Base 2.0, 3.5 to 3.7).</summary>
public sealed class StateTests : IDisposable
{
    private readonly RawDriver _driver = new(new NvmeFunctionOptions { Doorbells = NvmeDoorbells.Trapped });

    public void Dispose() => _driver.Dispose();

    [Theory]
    [InlineData(0x0046_0001u, 1u)]
    [InlineData(0x0046_0061u, 1u)] // CSS: all command sets
    [InlineData(0x0046_0071u, 2u)] // CSS: none but the admin's
    [InlineData(0x0046_0011u, 2u)] // CSS: reserved
    [InlineData(0x0046_0201u, 1u)] // MPS: 64 KiB
    [InlineData(0x0046_0281u, 2u)] // MPS: 128 KiB
    [InlineData(0x0046_0801u, 2u)] // AMS: weighted round robin
    public void What_CC_asks_for_is_had_or_fatal(uint configuration, uint status)
    {
        while ((_driver.AllocatePages(1) & 0xffff) != 0xf000)
        {
        }

        // Both admin queues at multiples of 64 KiB.
        var start = _driver.AllocatePages(32);
        _driver.Write32(0x24, 0x000f_000f);
        _driver.Write64(0x28, start);
        _driver.Write64(0x30, start + 0x10000);
        _driver.Write32(0x14, configuration);
        Assert.Equal(status, _driver.Read32(0x1c));
        _driver.Write32(0x14, 0);
        Assert.Equal(0u, _driver.Read32(0x1c));
    }

    [Theory]
    [InlineData(0x0000_000fu)]
    [InlineData(0x000f_0000u)]
    public void Admin_queues_of_one_entry_are_fatal(uint attributes)
    {
        _driver.Write32(0x24, attributes);
        _driver.Write32(0x14, 0x0046_0001);
        Assert.Equal(2u, _driver.Read32(0x1c));
    }

    [Fact]
    public void An_admin_queue_within_a_page_is_fatal()
    {
        _driver.Write32(0x24, 0x000f_000f);
        _driver.Write64(0x28, RecordingHost.Start + 64);
        _driver.Write32(0x14, 0x0046_0001);
        Assert.Equal(2u, _driver.Read32(0x1c));
    }

    [Fact]
    public void A_submission_queue_outside_of_memory_is_fatal_until_the_next_reset()
    {
        _driver.Enable();
        Assert.Equal(0, _driver.CreateQueues(1).Code);
        Assert.Equal(0, _driver.Admin(0x05, 0, 0x5000, 0, 15u << 16 | 2, 2u << 16 | 3).Code);
        Assert.Equal(0, _driver.Admin(0x01, 0, 0x6000, 0, 15u << 16 | 2, 1u << 16 | 1).Code);
        _driver.Write32(0x1010, 1);
        Assert.Equal(3u, _driver.Read32(0x1c));
        // Nothing is done any more.
        _driver.Submit(0, 0x18);
        _driver.RingTail(0);
        Assert.Null(_driver.TryTake(0));
        _driver.Write32(0x14, 0);
        Assert.Equal(0u, _driver.Read32(0x1c));
        _driver.Enable();
        Assert.Equal(0, _driver.Admin(0x18).Code);
    }

    [Fact]
    public void A_completion_queue_outside_of_memory_is_fatal()
    {
        _driver.Enable();
        Assert.Equal(0, _driver.Admin(0x05, 0, 0x5000, 0, 15u << 16 | 1, 1u << 16 | 3).Code);
        Assert.Equal(0, _driver.Admin(0x01, 0, _driver.AllocatePages(1), 0, 15u << 16 | 1, 1u << 16 | 1).Code);
        _driver.Write32(0x1008, 1);
        Assert.Equal(3u, _driver.Read32(0x1c));
    }

    [Fact]
    public void A_reset_forgets_queues_and_keeps_the_admin_queue_registers()
    {
        _driver.Enable();
        Assert.Equal(0, _driver.CreateQueues(1).Code);
        var attributes = _driver.Read32(0x24);
        var submissions = _driver.Read32(0x28);
        _driver.Write32(0x14, 0);
        Assert.Equal((attributes, submissions), (_driver.Read32(0x24), _driver.Read32(0x28)));
        _driver.Enable();
        Assert.Equal(0x101, _driver.Admin(0x00, dwords: 1).Code);
        _driver.Function.Reset();
        Assert.Equal((0u, 0u, 0u), (_driver.Read32(0x24), _driver.Read32(0x28), _driver.Read32(0x14)));
    }

    [Fact]
    public void A_subsystem_reset_is_told_where_it_is_offered()
    {
        _driver.Enable();
        _driver.Write32(0x20, 0x4e56_4d65);
        Assert.Equal(1u, _driver.Read32(0x1c));
        using var driver = new RawDriver(new NvmeFunctionOptions { HasSubsystemReset = true });
        Assert.Equal(0x10u, driver.Read32(4) & 0x10);
        driver.Enable();
        driver.Write32(0x20, 0x4e56_4d66);
        Assert.Equal(1u, driver.Read32(0x1c));
        driver.Write32(0x20, 0x4e56_4d65);
        Assert.Equal((0x10u, 0u), (driver.Read32(0x1c), driver.Read32(0x14)));
        driver.Write32(0x1c, 0x10);
        Assert.Equal(0u, driver.Read32(0x1c));
    }

    [Fact]
    public void A_reset_while_a_command_waits_for_memory_is_over_when_the_command_is()
    {
        _driver.Enable();
        var buffer = _driver.AllocatePages(1);
        _driver.Memory(buffer, 4).Fill(0xee);
        uint? meanwhile = null;
        _driver.Host.Meanwhile = iova =>
        {
            if (iova != buffer || meanwhile is not null)
                return;
            WriteConfiguration(0);
            meanwhile = ReadStatus();
        };
        _driver.Submit(0, 0x06, 0, buffer, 0, 0, 1);
        _driver.RingTail(0);
        Assert.Equal((1u, 0u), (meanwhile!.Value, _driver.Read32(0x1c)));
        Assert.Null(_driver.TryTake(0));
        _driver.Enable();
        Assert.Equal(0, _driver.Admin(0x18).Code);
    }

    [Fact]
    public void A_controller_that_is_enabled_again_while_a_command_waits_begins_anew_when_the_command_is_over()
    {
        _driver.Enable();
        Assert.Equal(0, _driver.CreateQueues(1).Code);
        var buffer = _driver.AllocatePages(1);
        var hasReset = false;
        _driver.Host.Meanwhile = iova =>
        {
            if (iova != buffer || hasReset)
                return;
            hasReset = true;
            WriteConfiguration(0);
            WriteConfiguration(0x0046_0001);
        };
        _driver.Submit(0, 0x06, 0, buffer, 0, 0, 1);
        _driver.RingTail(0);
        Assert.True(hasReset);
        Assert.Equal(1u, _driver.Read32(0x1c));
        Assert.Null(_driver.TryTake(0));
        _driver.Write32(0x14, 0);
        _driver.Enable();
        Assert.Equal(0x101, _driver.Admin(0x00, dwords: 1).Code);
    }

    [Fact]
    public void A_power_on_reset_while_a_command_waits_leaves_nothing_of_it()
    {
        _driver.Enable();
        var buffer = _driver.AllocatePages(1);
        _driver.Host.Meanwhile = iova =>
        {
            if (iova == buffer)
                _driver.Function.Reset();
        };
        _driver.Submit(0, 0x06, 0, buffer, 0, 0, 1);
        _driver.RingTail(0);
        Assert.Equal((0u, 0u), (_driver.Read32(0x1c), _driver.Read32(0x14)));
        Assert.Null(_driver.TryTake(0));
        Assert.Empty(_driver.Host.Interrupts);
    }

    [Fact]
    public void A_driver_that_answers_while_its_completion_is_written_is_understood()
    {
        _driver.Enable();
        var completions = _driver.Read32(0x30);
        for (var i = 0; i < 40; i++)
        {
            // The half with the phase tag of the next completion.
            var place = RecordingHost.Start + completions + (ulong)(i % 16 * 16) + 8;
            _driver.Host.Meanwhile = iova =>
            {
                if (iova != place)
                    return;
                _driver.Host.Meanwhile = null;
                Span<byte> head = [(byte)((i + 1) % 16), 0, 0, 0];
                _driver.Function.WriteBar(0, 0x1004, head);
            };
            _driver.Submit(0, 0x18);
            _driver.RingTail(0);
            Assert.NotNull(_driver.TryTake(0));
        }

        Assert.All(_driver.Log(1, 64), one => Assert.Equal(0, one));
    }

    private void WriteConfiguration(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _driver.Function.WriteBar(0, 0x14, bytes);
    }

    private uint ReadStatus()
    {
        var bytes = new byte[4];
        _driver.Function.ReadBar(0, 0x1c, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    [Fact]
    public void Without_messages_a_mask_holds_an_interrupt_back()
    {
        using var driver = new RawDriver(new NvmeFunctionOptions { Doorbells = NvmeDoorbells.Trapped }, onlyHasLine: true);
        driver.Enable();
        driver.Write32(0x0c, 1);
        driver.Submit(0, 0x18);
        driver.RingTail(0);
        Assert.Empty(driver.Host.Interrupts);
        Assert.Equal((1u, 1u), (driver.Read32(0x0c), driver.Read32(0x10)));
        driver.Write32(0x10, 1);
        Assert.Equal([0], driver.Host.Interrupts);
        driver.Submit(0, 0x18);
        driver.RingTail(0);
        Assert.Equal([0, 0], driver.Host.Interrupts);
        Assert.Empty(driver.Host.Line);
        // With MSI-X a driver leaves the mask alone, and it does nothing.
        _driver.Enable();
        _driver.Write32(0x0c, 1);
        _driver.Submit(0, 0x18);
        _driver.RingTail(0);
        Assert.Equal([0], _driver.Host.Interrupts);
    }

    [Fact]
    public void A_driver_that_stops_telling_that_it_is_there_finds_the_controller_stopped()
    {
        _driver.Enable();
        Assert.Equal(0, _driver.Admin(0x09, dwords: [0x0f, 150]).Code);
        Assert.Equal(200u, _driver.Admin(0x0a, dwords: 0x0f).Result);
        Assert.Equal(0, _driver.Admin(0x18).Code);
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                _driver.Function.RunWork(_driver.Host);
                return _driver.Read32(0x1c) == 3;
            },
            TimeSpan.FromSeconds(10)));
    }
}
