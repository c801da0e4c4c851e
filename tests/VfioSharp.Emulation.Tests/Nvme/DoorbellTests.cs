using System.Buffers.Binary;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

public sealed class DoorbellTests
{
    private const int InvalidRegister = 0x0100_00 | 0x00 << 8;
    private const int InvalidValue = 0x0100_00 | 0x01 << 8;

    [Theory]
    [InlineData(NvmeDoorbells.Shared)]
    [InlineData(NvmeDoorbells.Trapped)]
    public void A_value_beyond_the_queue_is_told_by_an_event_and_changes_nothing(NvmeDoorbells doorbells)
    {
        using var driver = new RawDriver(new NvmeFunctionOptions { Doorbells = doorbells });
        driver.Enable();
        Assert.Equal(0, driver.CreateQueues(1).Code);
        RequestEvent(driver);
        driver.Write32(0x1008, 16);
        driver.Poll();
        Assert.Equal(InvalidValue, (int)driver.TryTake(0)!.Value.Result);
        Assert.Equal(0x00b, driver.Execute(1, 0x00, space: 9).Code);
    }

    [Theory]
    [InlineData(NvmeDoorbells.Shared)]
    [InlineData(NvmeDoorbells.Trapped)]
    public void A_head_before_the_completions_is_told_by_an_event(NvmeDoorbells doorbells)
    {
        using var driver = new RawDriver(new NvmeFunctionOptions { Doorbells = doorbells });
        driver.Enable();
        Assert.Equal(0, driver.CreateQueues(1).Code);
        RequestEvent(driver);
        driver.Write32(0x100c, 1);
        driver.Poll();
        Assert.Equal(InvalidValue, (int)driver.TryTake(0)!.Value.Result);
    }

    [Fact]
    public void A_doorbell_of_no_queue_is_told_by_an_event_and_by_the_error_log()
    {
        using var driver = new RawDriver(new NvmeFunctionOptions { Doorbells = NvmeDoorbells.Trapped });
        driver.Enable();
        RequestEvent(driver);
        driver.Write32(0x1028, 1);
        Assert.Equal(InvalidRegister, (int)driver.TryTake(0)!.Value.Result);
        var log = driver.Log(1, 64);
        Assert.Equal(1ul, BinaryPrimitives.ReadUInt64LittleEndian(log));
        Assert.Equal(5, BinaryPrimitives.ReadUInt16LittleEndian(log.AsSpan(8)));
        Assert.Equal(0xffff, BinaryPrimitives.ReadUInt16LittleEndian(log.AsSpan(10)));
        Assert.Equal(0x101 << 1, BinaryPrimitives.ReadUInt16LittleEndian(log.AsSpan(12)) & 0xffe);
    }

    [Fact]
    public void Events_of_a_kind_wait_until_its_log_is_read()
    {
        using var driver = new RawDriver(new NvmeFunctionOptions { Doorbells = NvmeDoorbells.Trapped });
        driver.Enable();
        RequestEvent(driver);
        RequestEvent(driver);
        driver.Write32(0x1028, 1);
        Assert.Equal(InvalidRegister, (int)driver.TryTake(0)!.Value.Result);
        driver.RingHead(0);
        driver.Write32(0x1000, 9999);
        Assert.Null(driver.TryTake(0));
        // Retain Asynchronous Event.
        driver.Log(1, 64, retain: true);
        Assert.Null(driver.TryTake(0));
        driver.Log(1, 64);
        Assert.Equal(InvalidValue, (int)driver.TryTake(0)!.Value.Result);
    }

    [Fact]
    public void Doorbells_of_a_controller_that_is_not_enabled_and_odd_ones_do_nothing()
    {
        using var driver = new RawDriver(new NvmeFunctionOptions { Doorbells = NvmeDoorbells.Trapped });
        driver.Write32(0x1000, 1);
        driver.Enable();
        Assert.Equal(1u, driver.Read32(0x1c));
        driver.Function.WriteBar(0, 0x1000, [1]);
        driver.Function.WriteBar(0, 0x1000, [1, 0]);
        driver.Function.WriteBar(0, 0x1000, new byte[8]);
        driver.Poll();
        Assert.Equal(0, driver.Admin(0x18).Code);
        Assert.Equal(0u, driver.Read32(0x1000));
    }

    [Theory]
    [InlineData(NvmeDoorbells.Shared)]
    [InlineData(NvmeDoorbells.Trapped)]
    public void Commands_wait_while_their_completions_have_no_room(NvmeDoorbells doorbells)
    {
        using var driver = new RawDriver(new NvmeFunctionOptions { Doorbells = doorbells });
        driver.Enable();
        Assert.Equal(0, driver.CreateQueues(1, entries: 32, completionEntries: 4).Code);
        for (var i = 0; i < 20; i++)
            driver.Submit(1, 0x00, space: 9);
        driver.RingTail(1);
        driver.Poll();
        var taken = 0;
        for (var round = 0; round < 7; round++)
        {
            for (var i = 0; i < 3 && taken < 20; i++, taken++)
                Assert.NotNull(driver.TryTake(1));
            Assert.Null(driver.TryTake(1));
            driver.RingHead(1);
            driver.Poll();
        }

        Assert.Equal(20, taken);
        Assert.Null(driver.TryTake(1));
    }

    [Fact]
    public void A_page_of_shared_doorbells_is_empty_after_a_reset_and_for_a_new_queue()
    {
        using var driver = new RawDriver();
        driver.Enable();
        Assert.Equal(0, driver.CreateQueues(1).Code);
        Assert.Equal(0x00b, driver.Execute(1, 0x00, space: 9).Code);
        Assert.Equal(1u, driver.Read32(0x1008));
        Assert.Equal(0, driver.Admin(0x00, dwords: 1).Code);
        Assert.Equal(0, driver.Admin(0x04, dwords: 1).Code);
        Assert.Equal(0, driver.CreateQueues(1).Code);
        Assert.Equal(0u, driver.Read32(0x1008));
        Assert.Equal(0x00b, driver.Execute(1, 0x00, space: 9).Code);
        driver.Write32(0x14, 0);
        Assert.Equal(0u, driver.Read32(0x1000));
        Assert.Equal(0u, driver.Read32(0x1008));
    }

    private static void RequestEvent(RawDriver driver)
    {
        driver.Submit(0, 0x0c);
        driver.RingTail(0);
        driver.Poll();
        Assert.Null(driver.TryTake(0));
    }
}
