using VfioSharp.Mmio;
using VfioSharp.Regions;
using VfioSharp.Tests.Fakes;
using VfioSharp.Tests.Interrupts;

namespace VfioSharp.Tests.Regions;

public sealed class RegionMappingTests : IDisposable
{
    private const RegionFlags Mappable = RegionFlags.Read | RegionFlags.Write | RegionFlags.Mmap;

    private static readonly DeviceAddress Address = DeviceAddress.Parse("0000:01:00.0");

    private readonly SharedMemory _bar = new();

    public void Dispose() => _bar.Dispose();

    [Fact]
    public void A_BAR_that_can_be_mapped_is()
    {
        using var device = Open(new ByteArrayBackend { Flags = Mappable, Mapper = () => _bar.Map() });
        using var window = device.Regions[0].Open();
        window.Write32(8, 0x11223344);
        Assert.Equal(AccessPath.LoadStore, window.Plan.Path);
        Assert.Equal([0x44, 0x33, 0x22, 0x11], _bar.Read(8, 4));
    }

    [Fact]
    public void A_refused_mapping_ends_on_the_file_with_the_reason_in_the_plan_and_the_log()
    {
        var log = new RecordingLogger();
        using var device = Open(new ByteArrayBackend { Flags = Mappable }, new VfioOptions { Logger = log });
        using var window = device.Regions[0].Open();
        Assert.Equal(AccessPath.RegionFile, window.Plan.Path);
        Assert.Contains("EINVAL", window.Plan.RuledOut[0].Reason, StringComparison.Ordinal);
        Assert.Contains(log.Messages, line => line.StartsWith("BAR0 of 0000:01:00.0 was offered for mapping and then refused", StringComparison.Ordinal));
    }

    [Fact]
    public void A_refused_mapping_that_was_asked_for_is_an_error()
    {
        using var device = Open(new ByteArrayBackend { Flags = Mappable });
        Assert.Throws<VfioException>(() => device.Regions[0].Open(new WindowOptions { Path = AccessPath.LoadStore }));
    }

    [Fact]
    public void A_mapping_that_is_not_what_was_asked_for_is_given_back()
    {
        DeviceMapping? mapping = null;
        using var device = Open(new ByteArrayBackend { Flags = Mappable, Mapper = () => mapping = _bar.Map(access: MappingAccess.Read) });
        Assert.Throws<ArgumentException>(() => device.Regions[0].Open());
        Assert.True(mapping!.IsDisposed);
    }

    private static VfioDevice Open(ByteArrayBackend backend, VfioOptions? options = null) =>
        VfioDevice.Open(Address, backend.With(0, new byte[4096]), options);
}
