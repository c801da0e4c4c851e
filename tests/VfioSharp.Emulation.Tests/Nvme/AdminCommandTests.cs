using System.Buffers.Binary;
using System.Text;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

public sealed class AdminCommandTests : IDisposable
{
    private readonly RawDriver _driver = new(new NvmeFunctionOptions
    {
        Images = [NvmeImage.InMemory(1 << 20), NvmeImage.InMemory(4 << 20, 4096)],
        FirmwareRevision = "9.8",
        ModelNumber = "A model",
    });

    public AdminCommandTests() => _driver.Enable();

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void Identify_tells_the_controller()
    {
        var page = _driver.Identify(1);
        Assert.Equal("A model".PadRight(40), Encoding.ASCII.GetString(page, 24, 40));
        Assert.Equal("9.8     ", Encoding.ASCII.GetString(page, 64, 8));
        Assert.Equal(7, page[77]); // MDTS: 512 KiB
        Assert.Equal(1, page[111]); // CNTRLTYPE
        Assert.Equal(0x66, page[512]);
        Assert.Equal(0x44, page[513]);
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(516)));
        Assert.Equal(0x00dd, BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(520)));
        Assert.Equal(0x07, page[525]);
        Assert.StartsWith("nqn.2014-08.org.nvmexpress:uuid:", Encoding.ASCII.GetString(page, 768, 68), StringComparison.Ordinal);
        Assert.Equal(0, page[768 + 68]);
    }

    [Fact]
    public void Identify_tells_the_namespaces()
    {
        var first = _driver.Identify(0, 1);
        Assert.Equal(2048ul, BinaryPrimitives.ReadUInt64LittleEndian(first));
        Assert.Equal(2048ul, BinaryPrimitives.ReadUInt64LittleEndian(first.AsSpan(8)));
        Assert.Equal(0ul, BinaryPrimitives.ReadUInt64LittleEndian(first.AsSpan(16))); // NUSE: nothing was written
        Assert.Equal((1, 0), (first[25], first[26]));
        Assert.Equal((9, 12), (first[130], first[134]));
        var second = _driver.Identify(0, 2);
        Assert.Equal(1024ul, BinaryPrimitives.ReadUInt64LittleEndian(second));
        Assert.Equal(1, second[26]);
        Assert.Equal([1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], _driver.Identify(2)[..12]);
        Assert.Equal([2, 0, 0, 0, 0, 0, 0, 0], _driver.Identify(2, 1)[..8]);
        Assert.Equal([1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], _driver.Identify(7)[..12]);
        Assert.Equal(1, _driver.Identify(0xffff_001c)[0]);
        Assert.Equal(1, _driver.Identify(8, 1)[14]);
        Assert.All(_driver.Identify(5, 1), one => Assert.Equal(0, one));
        Assert.All(_driver.Identify(6), one => Assert.Equal(0, one));
    }

    [Fact]
    public void A_namespace_has_a_UUID_of_its_own_which_its_serial_number_gives()
    {
        var first = _driver.Identify(3, 1);
        Assert.Equal((3, 16), (first[0], first[1]));
        Assert.Equal(0x80, first[4 + 6] & 0xf0);
        Assert.Equal(0x80, first[4 + 8] & 0xc0);
        Assert.Equal((4, 1, 0), (first[20], first[21], first[24]));
        Assert.Equal(0, first[25]);
        Assert.NotEqual(first, _driver.Identify(3, 2));
        using var other = new RawDriver(new NvmeFunctionOptions { Images = [NvmeImage.InMemory(1 << 20)] });
        other.Enable();
        Assert.NotEqual(first, other.Identify(3, 1));
    }

    [Theory]
    [InlineData(0u, 0u, 0x00b)]
    [InlineData(0u, 3u, 0x00b)]
    [InlineData(0u, 0xffff_ffffu, 0x00b)]
    [InlineData(2u, 0xffff_fffeu, 0x00b)]
    [InlineData(2u, 0xffff_ffffu, 0x00b)]
    [InlineData(3u, 3u, 0x00b)]
    [InlineData(5u, 3u, 0x00b)]
    [InlineData(8u, 0u, 0x00b)]
    [InlineData(0x10u, 0u, 0x002)]
    [InlineData(0x13u, 1u, 0x002)]
    [InlineData(0xffu, 0u, 0x002)]
    [InlineData(0x0001_001cu, 0u, 0x000)]
    [InlineData(0x0002_001cu, 0u, 0x002)]
    public void Identify_refuses_what_is_not_there(uint kind, uint space, int code) =>
        Assert.Equal(code, _driver.Admin(0x06, space, _driver.AllocatePages(1), 0, kind).Code);

    [Fact]
    public void Identify_knows_the_NVM_command_set_alone()
    {
        foreach (var kind in new uint[] { 5, 6, 7 })
            Assert.Equal(0x002, _driver.Admin(0x06, 1, _driver.AllocatePages(1), 0, kind, 2u << 24).Code);
    }

    [Fact]
    public void Data_goes_where_PRPs_say_in_two_pages_too()
    {
        var first = _driver.AllocatePages(1);
        var second = _driver.AllocatePages(2) + 4096;
        Assert.Equal(0, _driver.Admin(0x06, 0, first + 4000, second, 1).Code);
        var whole = _driver.Identify(1);
        Assert.Equal(whole[..96], _driver.Memory(first + 4000, 96).ToArray());
        Assert.Equal(whole[96..], _driver.Memory(second, 4000).ToArray());
        Assert.Equal(0x013, _driver.Admin(0x06, 0, first + 2, second, 1).Code);
        Assert.Equal(0x013, _driver.Admin(0x06, 0, first + 4000, second + 8, 1).Code);
        Assert.Equal(0x004, _driver.Admin(0x06, 0, 0x1000, 0, 1).Code);
        Assert.Equal(0x004, _driver.Admin(0x06, 0, first + 4000, 0x1000, 1).Code);
    }

    [Fact]
    public void SGLs_and_fused_commands_are_not_for_the_admin_queue()
    {
        Assert.Equal(0x002, _driver.Execute(0, 0x06, 0, _driver.AllocatePages(1), 0, 0x40, 1).Code);
        Assert.Equal(0x002, _driver.Execute(0, 0x06, 0, _driver.AllocatePages(1), 0, 0x01, 1).Code);
    }

    [Theory]
    [InlineData(0x0d)] // Namespace Management
    [InlineData(0x14)] // Device Self-test
    [InlineData(0x15)] // Namespace Attachment
    [InlineData(0x19)] // Directive Send
    [InlineData(0x7f)] // Fabrics
    [InlineData(0x81)] // Security Send
    [InlineData(0x84)] // Sanitize
    [InlineData(0xff)]
    public void Commands_that_are_not_offered_have_no_valid_opcode(byte opcode)
    {
        var completion = _driver.Admin(opcode);
        Assert.Equal((0x001, true), (completion.Code, completion.IsFinal));
    }

    [Fact]
    public void Requests_for_events_are_limited_and_can_be_aborted()
    {
        var requests = new ushort[4];
        for (var i = 0; i < 4; i++)
        {
            requests[i] = _driver.Submit(0, 0x0c);
            _driver.RingTail(0);
        }

        _driver.Poll();
        Assert.Null(_driver.TryTake(0));
        Assert.Equal(0x105, _driver.Admin(0x0c).Code);

        var abort = _driver.Submit(0, 0x08, 0, 0, 0, 0, (uint)requests[2] << 16);
        _driver.RingTail(0);
        _driver.Poll();
        var both = new[] { _driver.TryTake(0)!.Value, _driver.TryTake(0)!.Value };
        _driver.RingHead(0);
        Assert.Equal(0u, Assert.Single(both, one => one.Command == abort).Result);
        Assert.Equal(0x007, Assert.Single(both, one => one.Command == requests[2]).Code);
        // There is place for one more again.
        _driver.Submit(0, 0x0c);
        _driver.RingTail(0);
        _driver.Poll();
        Assert.Null(_driver.TryTake(0));
    }

    [Fact]
    public void Abort_finds_nothing_of_what_is_executed_at_once()
    {
        var completion = _driver.Admin(0x08, dwords: 77u << 16);
        Assert.Equal((0, 1u), (completion.Code, completion.Result));
        Assert.Equal(0x002, _driver.Admin(0x08, dwords: 9).Code);
    }

    [Fact]
    public void Firmware_is_taken_and_not_put_into_the_slot_that_is_read_only()
    {
        var image = _driver.AllocatePages(2);
        var list = _driver.AllocatePages(1);
        Assert.Equal(0, _driver.Admin(0x11, 0, image, image + 4096, 2047, 0).Code);
        Assert.Equal(0x002, _driver.Admin(0x11, 0, image, image + 4096, 2046, 0).Code);
        Assert.Equal(0x002, _driver.Admin(0x11, 0, image, list, 2047, 1).Code);
        Assert.Equal(0x002, _driver.Admin(0x11, 0, image, list, (1 << 20) / 4 - 1, 0).Code);
        Assert.Equal(0x004, _driver.Admin(0x11, 0, image, 0x1000, 2047, 0).Code);
        Assert.Equal(0x106, _driver.Admin(0x10, dwords: 1 | 1 << 3).Code);
        Assert.Equal(0x106, _driver.Admin(0x10, dwords: 2 | 2 << 3).Code);
        Assert.Equal(0x002, _driver.Admin(0x10, dwords: 1 | 6 << 3).Code);
        Assert.Equal(0, _driver.Admin(0x10, dwords: 1 | 2 << 3).Code);
        var log = _driver.Log(3, 512);
        Assert.Equal(1, log[0]);
        Assert.Equal("9.8     ", Encoding.ASCII.GetString(log, 8, 8));
        Assert.All(log[16..], one => Assert.Equal(0, one));
    }

    [Fact]
    public void Format_makes_other_blocks_and_tells_of_it()
    {
        Assert.Equal(0, _driver.Admin(0x09, dwords: [0x0b, 0x100]).Code);
        var request = _driver.Submit(0, 0x0c);
        var format = _driver.Submit(0, 0x80, 1, 0, 0, 0, 1);
        _driver.RingTail(0);
        _driver.Poll();
        var both = new[] { _driver.TryTake(0)!.Value, _driver.TryTake(0)!.Value };
        _driver.RingHead(0);
        Assert.Equal(0, Assert.Single(both, one => one.Command == format).Code);
        // Notice, namespace attribute changed, log page 4.
        Assert.Equal(0x0004_0002u, Assert.Single(both, one => one.Command == request).Result);
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0], _driver.Log(4, 4096)[..8]);
        Assert.Equal([0, 0, 0, 0], _driver.Log(4, 4096)[..4]);
        var identity = _driver.Identify(0, 1);
        Assert.Equal((256ul, 1), (BinaryPrimitives.ReadUInt64LittleEndian(identity), identity[26]));
    }

    [Theory]
    [InlineData(1u, 2u, 0x10a)] // no such format
    [InlineData(1u, 0x1000u, 0x10a)] // no such format, by its upper bits
    [InlineData(1u, 0x10u, 0x10a)] // metadata in the blocks
    [InlineData(1u, 0x20u, 0x10a)] // protection information
    [InlineData(1u, 0x400u, 0x002)] // cryptographic erase
    [InlineData(1u, 0x200u, 0x000)] // user data erase
    [InlineData(0u, 0u, 0x00b)]
    [InlineData(3u, 0u, 0x00b)]
    [InlineData(0xffff_ffffu, 0u, 0x000)]
    public void Format_refuses_what_cannot_be_had(uint space, uint options, int code) =>
        Assert.Equal(code, _driver.Admin(0x80, space, dwords: options).Code);
}
