using System.Buffers.Binary;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

/// <summary>Get Log Page (NVMe Base 2.0, 5.16).</summary>
public sealed class LogTests : IDisposable
{
    private readonly RawDriver _driver = new(new NvmeFunctionOptions { Images = [NvmeImage.InMemory(1 << 20)] });

    public LogTests() => _driver.Enable();

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void Supported_pages_are_listed_and_others_are_refused()
    {
        var supported = _driver.Log(0, 1024);
        for (var page = 0; page < 256; page++)
        {
            var isThere = page is <= 5 or 0x12;
            Assert.Equal(isThere ? 1u : 0, BinaryPrimitives.ReadUInt32LittleEndian(supported.AsSpan(4 * page)));
            var completion = _driver.Admin(0x02, uint.MaxValue, RecordingHost.Start + 0xff000, 0, 15u << 16 | (uint)page);
            Assert.Equal(isThere ? 0 : 0x109, completion.Code);
        }
    }

    [Fact]
    public void Every_error_is_in_the_log_the_newest_first_and_counted_by_SMART()
    {
        for (uint i = 1; i <= 70; i++)
            Assert.True(_driver.Admin(0x06, i + 5, RecordingHost.Start, 0, 0) is { Code: 0x00b, HasMore: true });
        var log = _driver.Log(1, 4096);
        Assert.Equal(70ul, BinaryPrimitives.ReadUInt64LittleEndian(log));
        Assert.Equal(75u, BinaryPrimitives.ReadUInt32LittleEndian(log.AsSpan(24)));
        Assert.Equal(0xffff, BinaryPrimitives.ReadUInt16LittleEndian(log.AsSpan(14)));
        Assert.Equal(7ul, BinaryPrimitives.ReadUInt64LittleEndian(log.AsSpan(63 * 64)));
        Assert.Equal(70ul, BinaryPrimitives.ReadUInt64LittleEndian(_driver.Log(2, 512).AsSpan(176)));
        // It outlasts a reset.
        _driver.Write32(0x14, 0);
        _driver.Enable();
        Assert.Equal(log, _driver.Log(1, 4096));
    }

    [Fact]
    public void SMART_counts_what_was_moved()
    {
        Assert.Equal(0, _driver.CreateQueues(1).Code);
        var buffer = _driver.AllocatePages(1);
        Assert.Equal(0, _driver.Execute(1, 0x01, 1, buffer, 0, 0, 0, 0, 7).Code);
        Assert.Equal(0, _driver.Execute(1, 0x02, 1, buffer, 0, 0, 0, 0, 7).Code);
        Assert.Equal(0, _driver.Execute(1, 0x02, 1, buffer, 0, 0, 0, 0, 7).Code);
        var log = _driver.Log(2, 512);
        Assert.Equal((1ul, 1ul), (ReadCount(log, 32), ReadCount(log, 48)));
        Assert.Equal((2ul, 1ul), (ReadCount(log, 64), ReadCount(log, 80)));
        Assert.Equal((100, 10, 0), (log[3], log[4], log[5]));
        Assert.Equal(1ul, ReadCount(log, 112));
    }

    [Fact]
    public void Parts_of_a_page_are_had_by_their_offset()
    {
        var whole = _driver.Log(5, 4096);
        var buffer = _driver.AllocatePages(1);
        Assert.Equal(0, _driver.Admin(0x02, uint.MaxValue, buffer, 0, 15u << 16 | 5, 0, 512).Code);
        Assert.Equal(whole[512..576], _driver.Memory(buffer, 64).ToArray());
        // What is beyond the end is not touched.
        _driver.Memory(buffer, 64).Fill(0x5a);
        Assert.Equal(0, _driver.Admin(0x02, uint.MaxValue, buffer, 0, 15u << 16 | 5, 0, 4096 - 32).Code);
        Assert.Equal(0x5a, _driver.Memory(buffer + 32, 1)[0]);
        Assert.Equal(0, _driver.Admin(0x02, uint.MaxValue, buffer, 0, 15u << 16 | 5, 0, 4096).Code);
        Assert.Equal(0x002, _driver.Admin(0x02, uint.MaxValue, buffer, 0, 15u << 16 | 5, 0, 4100).Code);
        Assert.Equal(0x002, _driver.Admin(0x02, uint.MaxValue, buffer, 0, 15u << 16 | 5, 0, 2).Code);
        Assert.Equal(0x002, _driver.Admin(0x02, uint.MaxValue, buffer, 0, 15u << 16 | 5, 0, 0, 1).Code);
        Assert.Equal(0x002, _driver.Admin(0x02, uint.MaxValue, buffer, 0, 15u << 16 | 5, 0x10).Code);
        Assert.Equal(0x002, _driver.Admin(0x02, uint.MaxValue, buffer, 0, 15u << 16 | 5, 0, 0, 0, 1 << 23).Code);
    }

    [Fact]
    public void SMART_is_the_controllers()
    {
        var buffer = _driver.AllocatePages(1);
        Assert.Equal(0, _driver.Admin(0x02, 0, buffer, 0, 127u << 16 | 2).Code);
        Assert.Equal(0x002, _driver.Admin(0x02, 1, buffer, 0, 127u << 16 | 2).Code);
    }

    [Fact]
    public void The_effects_of_the_commands_that_there_are_are_told()
    {
        var log = _driver.Log(5, 4096);
        for (var opcode = 0; opcode < 256; opcode++)
        {
            // A request for an event has no completion of its own.
            if (opcode == 0x0c)
                continue;
            var completion = _driver.Admin((byte)opcode, 99, 0x1000, 0, uint.MaxValue, uint.MaxValue, uint.MaxValue);
            Assert.Equal((log[4 * opcode] & 1) == 0, completion.Code == 1);
        }

        Assert.Equal(0x00010007u, BinaryPrimitives.ReadUInt32LittleEndian(log.AsSpan(4 * 0x80)));
        Assert.Equal(3u, BinaryPrimitives.ReadUInt32LittleEndian(log.AsSpan(1024 + 4)));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(log.AsSpan(1024 + 8)));
    }

    [Fact]
    public void The_features_that_there_are_are_told()
    {
        var log = _driver.Log(0x12, 1024);
        for (var id = 0; id < 256; id++)
        {
            var isRefused = _driver.Admin(0x0a, 1, RecordingHost.Start + 0xff000, 0, (uint)id).Code == 0x002;
            Assert.Equal(isRefused ? 0u : id == 5 ? 0x0010_0001u : 0x0020_0001u, BinaryPrimitives.ReadUInt32LittleEndian(log.AsSpan(4 * id)));
        }
    }

    private static ulong ReadCount(byte[] log, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(log.AsSpan(offset));
}
