using System.Buffers.Binary;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

/// <summary>The controller memory buffer (NVMe Base 2.0, 8.5).</summary>
public sealed class MemoryBufferTests : IDisposable
{
    private const int Length = 1 << 16;

    // Where the driver puts it, beside its own memory.
    private const ulong Place = 0x8_0000_0000;

    private readonly RawDriver _driver = new(new NvmeFunctionOptions
    {
        Images = [NvmeImage.InMemory(1 << 20)],
        ControllerMemoryBufferInBytes = Length,
    });

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void Its_registers_tell_of_it_when_they_are_asked_to()
    {
        Assert.Equal(0x0200_0000u, _driver.Read32(4) & 0x0200_0000);
        Assert.Equal((0u, 0u), (_driver.Read32(0x38), _driver.Read32(0x3c)));
        _driver.Write32(0x50, 1);
        Assert.Equal((0xeau, 0x0001_001du), (_driver.Read32(0x38), _driver.Read32(0x3c)));
        Assert.Equal(0u, _driver.Read32(0x58));
        _driver.Write64(0x50, (ulong.MaxValue & ~0xffful) | 3);
        Assert.Equal(1u, _driver.Read32(0x58));
        _driver.Write64(0x50, Place | 3);
        Assert.Equal((0u, 3u, 8u), (_driver.Read32(0x58), _driver.Read32(0x50), _driver.Read32(0x54)));
        // A controller reset leaves it as it is, and another does not.
        _driver.Enable();
        _driver.Write32(0x14, 0);
        Assert.Equal(3u, _driver.Read32(0x50));
        _driver.Function.Reset();
        Assert.Equal(0u, _driver.Read32(0x50));
    }

    [Fact]
    public void Commands_lists_and_data_may_lie_there()
    {
        _driver.Enable();
        _driver.Write64(0x50, Place | 3);
        var data = Buffer(0x2000, 8192);
        for (var i = 0; i < data.Length; i++)
            data[i] = (byte)(i * 7);
        var completions = _driver.AllocatePages(1);
        Assert.Equal(0, _driver.Admin(0x05, 0, completions, 0, 15u << 16 | 1, 1u << 16 | 3).Code);
        Assert.Equal(0, _driver.Admin(0x01, 0, Place, 0, 15u << 16 | 1, 1u << 16 | 1).Code);
        // A list of three pages: the second is the driver's own.
        var page = _driver.AllocatePages(1);
        _driver.Memory(page, 4096).Fill(0xcd);
        var list = Buffer(0x1000, 16);
        BinaryPrimitives.WriteUInt64LittleEndian(list, page);
        BinaryPrimitives.WriteUInt64LittleEndian(list[8..], Place + 0x3000);
        Put(0, 0x01, Place + 0x2000, Place + 0x1000, 23);
        Put(1, 0x02, Place + 0x5000, Place + 0x6000, 15);
        Put(2, 0x02, Place + 0x8000 - 0x1000 + 0xe00, 0x5_0000_0000, 7);
        _driver.Write32(0x1008, 3);
        _driver.Poll();
        Assert.Equal(0, StatusOf(completions, 0));
        Assert.Equal(0, StatusOf(completions, 1));
        Assert.Equal(0x004, StatusOf(completions, 2));
        Assert.Equal(Buffer(0x2000, 4096).ToArray(), Buffer(0x5000, 4096).ToArray());
        Assert.All(Buffer(0x6000, 4096).ToArray(), one => Assert.Equal(0xcd, one));
    }

    [Fact]
    public void Completion_queues_do_not_lie_there()
    {
        _driver.Enable();
        _driver.Write64(0x50, Place | 3);
        Assert.Equal(0x012, _driver.Admin(0x05, 0, Place, 0, 15u << 16 | 1, 1u << 16 | 3).Code);
    }

    [Fact]
    public void Without_it_nothing_is_there()
    {
        using var driver = new RawDriver();
        Assert.Equal(0u, driver.Read32(4) & 0x0200_0000);
        driver.Write64(0x50, Place | 3);
        Assert.Equal((0u, 0u, 0u), (driver.Read32(0x38), driver.Read32(0x3c), driver.Read32(0x50)));
        Assert.Null(driver.Function.FindBar(2));
    }

    private Span<byte> Buffer(ulong offset, int length) => _driver.Function.GetSharedMemory(2)!.GetSpan(offset, length);

    private void Put(int index, byte opcode, ulong prp1, ulong prp2, uint blocks)
    {
        var entry = Buffer((ulong)index * 64, 64);
        entry.Clear();
        entry[0] = opcode;
        entry[2] = (byte)index;
        entry[4] = 1;
        BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], prp1);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[32..], prp2);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[48..], blocks);
    }

    private int StatusOf(ulong completions, int index) =>
        BinaryPrimitives.ReadUInt16LittleEndian(_driver.Memory(completions + (ulong)index * 16 + 14, 2)) >> 1 & 0x7ff;
}
