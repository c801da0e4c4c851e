using System.Text;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

public sealed class QueueTests : IDisposable
{
    private readonly RawDriver _driver = new(new NvmeFunctionOptions { MaxQueuePairs = 4, MaxQueueEntries = 64 });

    public void Dispose() => _driver.Dispose();

    [Theory]
    [InlineData(NvmeDoorbells.Shared)]
    [InlineData(NvmeDoorbells.Trapped)]
    public void A_driver_enables_identifies_and_creates_queues_by_either_kind_of_doorbells(NvmeDoorbells doorbells)
    {
        using var driver = new RawDriver(new NvmeFunctionOptions { Doorbells = doorbells, SerialNumber = "S1" });
        driver.Enable();
        Assert.Equal(1u, driver.Read32(0x1c));
        var controller = driver.Identify(0x01);
        Assert.Equal(0x1b36, BitConverter.ToUInt16(controller, 0));
        Assert.Equal("S1                  ", Encoding.ASCII.GetString(controller, 4, 20));
        Assert.Equal(0x00010400u, BitConverter.ToUInt32(controller, 80));
        Assert.Equal(0, driver.CreateQueues(1).Code);
        Assert.Equal(0, driver.CreateQueues(2).Code);
        // Flush of a namespace that is not there.
        Assert.Equal(0x00b, driver.Execute(1, 0x00, space: 9).Code);
        Assert.Equal(2, driver.Host.Interrupts.Distinct().Count());
    }

    [Fact]
    public void A_completion_queue_is_refused_with_the_status_of_what_is_wrong()
    {
        _driver.Enable();
        var page = _driver.AllocatePages(1);
        Assert.Equal(0x101, CreateCompletions(page, id: 0));
        Assert.Equal(0x101, CreateCompletions(page, id: 5));
        Assert.Equal(0x101, CreateCompletions(page, id: 0xffff));
        Assert.Equal(0x102, CreateCompletions(page, entries: 1));
        Assert.Equal(0x102, CreateCompletions(page, entries: 65));
        Assert.Equal(0x013, CreateCompletions(page + 16));
        Assert.Equal(0x002, CreateCompletions(page, flags: 2));
        Assert.Equal(0x108, CreateCompletions(page, vector: 5));
        Assert.Equal(0x000, CreateCompletions(page));
        Assert.Equal(0x101, CreateCompletions(page));
    }

    [Fact]
    public void A_submission_queue_is_refused_with_the_status_of_what_is_wrong()
    {
        _driver.Enable();
        var page = _driver.AllocatePages(1);
        Assert.Equal(0x000, CreateCompletions(_driver.AllocatePages(1)));
        Assert.Equal(0x100, CreateSubmissions(page, completion: 2));
        Assert.Equal(0x101, CreateSubmissions(page, completion: 0));
        Assert.Equal(0x101, CreateSubmissions(page, completion: 5));
        Assert.Equal(0x101, CreateSubmissions(page, id: 0));
        Assert.Equal(0x101, CreateSubmissions(page, id: 5));
        Assert.Equal(0x102, CreateSubmissions(page, entries: 1));
        Assert.Equal(0x102, CreateSubmissions(page, entries: 65));
        Assert.Equal(0x013, CreateSubmissions(page + 64));
        Assert.Equal(0x002, CreateSubmissions(page, flags: 0));
        Assert.Equal(0x000, CreateSubmissions(page));
        Assert.Equal(0x101, CreateSubmissions(page));
    }

    [Fact]
    public void A_queue_does_not_go_over_the_last_address()
    {
        using var driver = new RawDriver();
        driver.Enable();
        Assert.Equal(0x002, driver.Admin(0x05, 0, ulong.MaxValue - 4095, 0, 1023u << 16 | 1, 3).Code);
        Assert.Equal(0x000, driver.Admin(0x05, 0, ulong.MaxValue - 4095, 0, 255u << 16 | 1, 3).Code);
        Assert.Equal(0x002, driver.Admin(0x01, 0, ulong.MaxValue - 4095, 0, 255u << 16 | 1, 1 << 16 | 1).Code);
    }

    [Fact]
    public void Queues_are_deleted_submissions_first()
    {
        _driver.Enable();
        Assert.Equal(0, _driver.CreateQueues(1).Code);
        Assert.Equal(0x10c, _driver.Admin(0x04, dwords: 1).Code);
        Assert.Equal(0x101, _driver.Admin(0x04, dwords: 0).Code);
        Assert.Equal(0x101, _driver.Admin(0x00, dwords: 0).Code);
        Assert.Equal(0x101, _driver.Admin(0x00, dwords: 2).Code);
        Assert.Equal(0, _driver.Admin(0x00, dwords: 1).Code);
        Assert.Equal(0, _driver.Admin(0x04, dwords: 1).Code);
        Assert.Equal(0x101, _driver.Admin(0x04, dwords: 1).Code);
        Assert.Equal(0, _driver.CreateQueues(1).Code);
        Assert.Equal(0x00b, _driver.Execute(1, 0x00, space: 9).Code);
    }

    [Fact]
    public void Entries_of_other_sizes_than_the_specified_make_no_queue()
    {
        _driver.Enable(configuration: 0x0035_0001);
        Assert.Equal(0x102, _driver.CreateQueues(1).Code);
    }

    [Fact]
    public void The_number_of_queues_is_set_once_and_limits_their_identifiers()
    {
        _driver.Enable();
        Assert.Equal(0x002, _driver.Admin(0x09, dwords: [7, 0xffff_0001]).Code);
        var granted = _driver.Admin(0x09, dwords: [7, 0x0001_0001]);
        Assert.Equal((0, 0x0001_0001u), (granted.Code, granted.Result));
        Assert.Equal(0x101, _driver.CreateQueues(3).Code);
        Assert.Equal(0, _driver.CreateQueues(2).Code);
        Assert.Equal(0x00c, _driver.Admin(0x09, dwords: [7, 0x0001_0001]).Code);
        Assert.Equal(0x0001_0001u, _driver.Admin(0x0a, dwords: 7).Result);
        Assert.Equal(0x0003_0003u, _driver.Admin(0x0a, dwords: 0x107).Result);
    }

    private int CreateCompletions(ulong address, int id = 1, int entries = 16, int vector = 1, uint flags = 3) =>
        _driver.Admin(0x05, 0, address, 0, (uint)(entries - 1) << 16 | (uint)id, (uint)vector << 16 | flags).Code;

    private int CreateSubmissions(ulong address, int id = 1, int entries = 16, int completion = 1, uint flags = 1) =>
        _driver.Admin(0x01, 0, address, 0, (uint)(entries - 1) << 16 | (uint)id, (uint)completion << 16 | flags).Code;
}
