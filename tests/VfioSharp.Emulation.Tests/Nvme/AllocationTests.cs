using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

public sealed class AllocationTests
{
    [Fact]
    public void Commands_of_IO_queues_allocate_nothing()
    {
        using var driver = new RawDriver(new NvmeFunctionOptions { Images = [NvmeImage.InMemory(1 << 20)] });
        driver.Enable();
        Assert.Equal(0, driver.CreateQueues(1).Code);
        var buffer = driver.AllocatePages(1);
        Run(driver, buffer, 200);
        // Whatever else a thread of the runtime's does is no part of this.
        var least = long.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(driver, buffer, 200);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static void Run(RawDriver driver, ulong buffer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            driver.SubmitRead(1, 1, buffer, (uint)i, 7);
            driver.RingTail(1);
            while (driver.Function.Poll(driver.Host))
            {
            }

            if (driver.TryTake(1) is not { Code: 0 })
                throw new Xunit.Sdk.XunitException("A read failed.");
            driver.RingHead(1);
            driver.Host.Interrupts.Clear();
        }
    }
}
