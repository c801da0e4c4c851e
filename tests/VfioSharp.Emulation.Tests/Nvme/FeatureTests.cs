using System.Buffers.Binary;
using VfioSharp.Emulation.Nvme;

namespace VfioSharp.Emulation.Tests.Nvme;

/// <summary>Get and Set Features (NVMe Base 2.0, 5.15 and 5.27).</summary>
public sealed class FeatureTests : IDisposable
{
    private readonly RawDriver _driver = new(new NvmeFunctionOptions { Images = [NvmeImage.InMemory(1 << 20)], MaxQueuePairs = 4 });

    public FeatureTests() => _driver.Enable();

    public void Dispose() => _driver.Dispose();

    [Theory]
    [InlineData(0x01, 7u, 0x0102_0304u)]
    [InlineData(0x02, 0u, 0x20u)]
    [InlineData(0x04, 343u, 350u)]
    [InlineData(0x06, 1u, 0u)]
    [InlineData(0x07, 0x0003_0003u, 0x0001_0001u)]
    [InlineData(0x08, 0u, 0x0102u)]
    [InlineData(0x09, 0u, 0x0001_0000u)]
    [InlineData(0x0a, 0u, 1u)]
    [InlineData(0x0b, 0u, 0x11fu)]
    [InlineData(0x0f, 0u, 1000u)]
    [InlineData(0x19, 0u, 0u)]
    public void A_feature_has_a_default_is_set_and_has_its_default_again_after_a_reset(byte id, uint initial, uint value)
    {
        Assert.Equal((0, initial), Get(id));
        Assert.Equal(0, Set(id, value).Code);
        Assert.Equal((0, value), Get(id));
        Assert.Equal((0, initial), Get(id, select: 1));
        Assert.Equal((0, initial), Get(id, select: 2));
        Assert.Equal((0, 4u), Get(id, select: 3));
        Assert.Equal(0x002, Get(id, select: 4).Code);
        _driver.Write32(0x14, 0);
        _driver.Enable();
        Assert.Equal((0, initial), Get(id));
    }

    [Fact]
    public void Error_recovery_is_a_namespaces_own()
    {
        Assert.Equal((0, 6u), Get(5, select: 3, space: 1));
        Assert.Equal(0, Set(5, 77, space: 1).Code);
        Assert.Equal((0, 77u), Get(5, space: 1));
        Assert.Equal(0, Set(5, 78, space: uint.MaxValue).Code);
        Assert.Equal((0, 78u), Get(5, space: 1));
        Assert.Equal(0x00b, Set(5, 77, space: 2).Code);
        Assert.Equal(0x00b, Set(5, 77, space: 0).Code);
        Assert.Equal(0x00b, Get(5, space: 2).Code);
        // Deallocated blocks are not told from others (NSFEAT).
        Assert.Equal(0x002, Set(5, 0x1_0000, space: 1).Code);
    }

    [Theory]
    [InlineData(0x00, 0u, 0u, 0x002)]
    [InlineData(0x03, 0u, 0u, 0x002)] // LBA Range Type
    [InlineData(0x0d, 0u, 0u, 0x002)] // Host Memory Buffer
    [InlineData(0xff, 0u, 0u, 0x002)]
    [InlineData(0x01, 1u, 0u, 0x10f)]
    [InlineData(0x01, 9u, 0u, 0x00b)]
    [InlineData(0x02, 0u, 1u, 0x002)] // a power state that is not there
    [InlineData(0x04, 0u, 0x0020_0000u, 0x002)] // a kind of threshold that is not there
    [InlineData(0x04, 0u, 0x0009_0000u, 0x002)] // a sensor that cannot be
    [InlineData(0x09, 0u, 5u, 0x002)] // a vector that is not there
    [InlineData(0x19, 0u, 1u, 0x12b)]
    public void What_cannot_be_set_is_refused(byte id, uint space, uint value, int code) => Assert.Equal(code, Set(id, value, space).Code);

    [Fact]
    public void Nothing_is_saved() => Assert.Equal(0x10d, _driver.Admin(0x09, dwords: [1u << 31 | 1, 0]).Code);

    [Fact]
    public void The_vector_of_a_configuration_is_part_of_the_question()
    {
        Assert.Equal(0, Set(9, 1 << 16 | 3).Code);
        Assert.Equal((0, 1u << 16 | 3), Get(9, selector: 3));
        Assert.Equal((0, 2u), Get(9, selector: 2));
        Assert.Equal(0x002, Get(9, selector: 5).Code);
    }

    [Fact]
    public void The_timestamp_goes_on_from_what_was_set()
    {
        var buffer = _driver.AllocatePages(1);
        const ulong time = 1_800_000_000_000;
        BinaryPrimitives.WriteUInt64LittleEndian(_driver.Memory(buffer, 8), time);
        Assert.Equal(0, _driver.Admin(0x09, 0, buffer, 0, 0x0e).Code);
        _driver.Memory(buffer, 8).Fill(0xff);
        Assert.Equal(0, _driver.Admin(0x0a, 0, buffer, 0, 0x0e).Code);
        var field = BinaryPrimitives.ReadUInt64LittleEndian(_driver.Memory(buffer, 8));
        Assert.InRange(field & 0xffff_ffff_ffff, time, time + 600_000);
        Assert.Equal(1ul, field >> 49);
        Assert.Equal(0, _driver.Admin(0x0a, 0, buffer, 0, 0x10e).Code);
        Assert.Equal(0ul, BinaryPrimitives.ReadUInt64LittleEndian(_driver.Memory(buffer, 8)));
        Assert.Equal(0x004, _driver.Admin(0x0a, 0, 0x1000, 0, 0x0e).Code);
    }

    [Fact]
    public void A_temperature_beyond_a_threshold_is_a_warning_and_an_event()
    {
        Assert.Equal(0, Set(0x0b, 2).Code);
        var request = _driver.Submit(0, 0x0c);
        _driver.RingTail(0);
        Assert.Equal(0, _driver.Log(2, 512)[0]);
        _driver.Function.TemperatureInKelvin = 350;
        _driver.Poll();
        var told = _driver.TryTake(0)!.Value;
        _driver.RingHead(0);
        Assert.Equal((request, 0x0002_0101u), ((ushort)told.Command, told.Result));
        var log = _driver.Log(2, 512);
        Assert.Equal((2, 350), (log[0], BinaryPrimitives.ReadUInt16LittleEndian(log.AsSpan(1))));
        _driver.Function.TemperatureInKelvin = 300;
        _driver.Poll();
        Assert.Equal(0, _driver.Log(2, 512)[0]);
        // The lower threshold.
        Assert.Equal(0, Set(4, 1u << 20 | 310).Code);
        Assert.Equal(2, _driver.Log(2, 512)[0]);
        Assert.Equal((0, 310u), Get(4, selector: 1 << 20));
    }

    private (int Code, uint Value) Get(byte id, uint select = 0, uint space = 0, uint selector = 0)
    {
        var completion = _driver.Admin(0x0a, space, dwords: [select << 8 | id, selector]);
        return (completion.Code, completion.Result);
    }

    private Completion Set(byte id, uint value, uint space = 0) => _driver.Admin(0x09, space, dwords: [id, value]);
}
