using VfioSharp.Config;
using VfioSharp.Regions;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Config;

public sealed class ConfigSpaceTests
{
    [Fact]
    public void The_header_of_an_nvme_function_is_decoded()
    {
        var config = ConfigBytes.Over(ConfigBytes.NvmeLike());
        Assert.Equal(4096, config.SizeInBytes);
        Assert.Equal(0x1b36, config.VendorId);
        Assert.Equal(0x0010, config.DeviceId);
        Assert.Equal(0x02, config.RevisionId);
        Assert.Equal("010802 (NVM Express controller)", config.ClassCode.ToString());
        Assert.Equal((0x01, 0x08, 0x02), (config.ClassCode.Base, config.ClassCode.Sub, config.ClassCode.Interface));
        Assert.Equal(HeaderLayout.Endpoint, config.HeaderLayout);
        Assert.False(config.IsMultiFunction);
        Assert.Equal("1af4:1100", config.Subsystem.ToString());
        Assert.Equal(CommandFlags.Io | CommandFlags.Memory | CommandFlags.BusMaster | CommandFlags.SystemError | CommandFlags.InterruptDisable, config.Command);
        Assert.Equal(StatusFlags.CapabilityList, config.Status);
        Assert.Equal(InterruptPin.IntA, config.InterruptPin);
        Assert.Equal([new BaseAddress(0, BaseAddressKind.Memory64, false, 0x8_febf_0000)], config.ReadBaseAddresses());
    }

    [Fact]
    public void Registers_are_little_endian_and_accessed_once_in_their_width()
    {
        var backend = ByteArrayBackend.WithConfig(new byte[256]);
        var config = ConfigBytes.Over(backend);
        config.Write32(0x40, 0x1122_3344);
        config.Write16(0x44, 0x5566);
        config.Write8(0x46, 0x77);
        Assert.Equal(0x44, config.Read8(0x40));
        Assert.Equal(0x1122, config.Read16(0x42));
        Assert.Equal(0x0077_5566u, config.Read32(0x44));
        Assert.Equal(
            ["write 7 0x40 4", "write 7 0x44 2", "write 7 0x46 1", "read 7 0x40 1", "read 7 0x42 2", "read 7 0x44 4"], backend.Accesses);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-4)]
    [InlineData(256)]
    [InlineData(253)]
    [InlineData(254)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void An_offset_outside_or_misaligned_touches_nothing(int offset)
    {
        var backend = ByteArrayBackend.WithConfig(new byte[256]);
        var config = ConfigBytes.Over(backend);
        Assert.Throws<ArgumentOutOfRangeException>(() => config.Read32(offset));
        Assert.Throws<ArgumentOutOfRangeException>(() => config.Write32(offset, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => config.Read(offset, new byte[4]));
        Assert.Empty(backend.Accesses);
    }

    [Fact]
    public void The_last_registers_can_be_reached()
    {
        var config = ConfigBytes.Over(new byte[256]);
        config.Write8(255, 1);
        config.Write16(254, 2);
        config.Write32(252, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => config.Read16(255));
        Assert.Throws<ArgumentOutOfRangeException>(() => config.Write8(256, 1));
        var bytes = new byte[256];
        config.Read(0, bytes);
        Assert.Equal(3, bytes[252]);
        config.Read(256, []);
    }

    [Fact]
    public void An_error_of_the_backend_says_what_was_attempted()
    {
        var backend = ByteArrayBackend.WithConfig(new byte[256]);
        var config = ConfigBytes.Over(backend);
        backend.Error = Errno.EIO;
        Assert.Equal(
            "0000:01:00.0: cannot read 2 bytes at offset 0x0 of configuration space (EIO).",
            Assert.Throws<VfioException>(() => config.VendorId).Message);
        Assert.Equal(Errno.EIO, Assert.Throws<VfioException>(() => config.Write8(4, 0)).Errno);
        Assert.Throws<VfioException>(config.ReadCapabilities);
    }

    [Fact]
    public void A_region_too_short_for_a_header_is_refused() =>
        Assert.Contains("63 bytes", Assert.Throws<VfioException>(() => ConfigBytes.Over(new byte[63])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_region_that_claims_to_be_longer_than_configuration_space_is_cut()
    {
        var backend = ByteArrayBackend.WithConfig(new byte[256]);
        var huge = backend.DescribeRegion(7) with { SizeInBytes = ulong.MaxValue };
        Assert.Equal(4096, new ConfigSpace(backend, huge, null).SizeInBytes);
    }

    [Fact]
    public void Single_bits_of_the_command_register_change_alone_and_status_is_not_touched()
    {
        var backend = ByteArrayBackend.WithConfig(new byte[256]);
        var config = ConfigBytes.Over(backend);
        config.Command = CommandFlags.InterruptDisable;
        config.EnableMemory();
        config.EnableBusMaster();
        Assert.Equal(CommandFlags.InterruptDisable | CommandFlags.Memory | CommandFlags.BusMaster, config.Command);
        config.DisableMemory();
        Assert.Equal(CommandFlags.InterruptDisable | CommandFlags.BusMaster, config.Command);
        config.DisableBusMaster();
        Assert.Equal(CommandFlags.InterruptDisable, config.Command);
        Assert.All(backend.Accesses, access => Assert.EndsWith("0x4 2", access, StringComparison.Ordinal));
    }

    [Fact]
    public void Two_threads_that_change_different_bits_lose_none()
    {
        var config = ConfigBytes.Over(new ByteArrayBackend().With((int)RegionIndex.Config, new byte[256]));
        for (var round = 0; round < 200; round++)
        {
            config.Command = CommandFlags.None;
            Parallel.Invoke(config.EnableMemory, config.EnableBusMaster);
            Assert.Equal(CommandFlags.Memory | CommandFlags.BusMaster, config.Command);
        }
    }

    [Theory]
    [InlineData(0x01, 0x20)]
    [InlineData(0x81, 0x20)]
    public void A_bridge_says_its_subsystem_in_a_capability(byte headerType, byte offset)
    {
        var bytes = new byte[256];
        bytes[0x0e] = headerType;
        var config = ConfigBytes.Over(bytes);
        Assert.Null(config.Subsystem);
        bytes[0x06] = 0x10;
        bytes[0x34] = 0x40;
        bytes[0x40] = 0x0d;
        ConfigBytes.Put32(bytes, 0x44, 0x1234_5678);
        ConfigBytes.Put32(bytes, offset, 0xffff_ffff);
        Assert.Equal(new SubsystemId(0x5678, 0x1234), config.Subsystem);
        Assert.Equal(headerType > 0x80, config.IsMultiFunction);
    }

    [Fact]
    public void Base_addresses_of_every_kind_are_told_apart()
    {
        Assert.Equal(
            [
                new BaseAddress(0, BaseAddressKind.Io, false, 0xc040),
                new BaseAddress(1, BaseAddressKind.Memory32, true, 0xfe00_0000),
                new BaseAddress(3, BaseAddressKind.Memory64, true, 0x1_0000_0000),
                new BaseAddress(5, BaseAddressKind.Reserved, false, 0xf000_0000),
            ],
            Registers(0xc041, 0xfe00_0008, 0, 0x0000_000c, 1, 0xf000_0006));
        Assert.Empty(Registers(0, 0, 0, 0, 0, 0));
        // A 64-bit BAR in the last register has no upper half: it must not be read from behind the BARs.
        Assert.Equal([new BaseAddress(5, BaseAddressKind.Reserved, false, 0xf000_0000)], Registers(0, 0, 0, 0, 0, 0xf000_0004));
    }

    [Theory]
    [InlineData(0x010802, "NVM Express controller")]
    [InlineData(0x010800, "non-volatile memory controller")]
    [InlineData(0x017f00, "mass storage controller")]
    [InlineData(0x020000, "Ethernet controller")]
    [InlineData(0xff0000, "vendor's own class")]
    [InlineData(0x990000, "unknown class")]
    [InlineData(0xff010802, "NVM Express controller")]
    public void A_class_has_a_short_name(uint value, string name) => Assert.Equal(name, new ClassCode(value).Name);

    private static IReadOnlyList<BaseAddress> Registers(params uint[] registers)
    {
        var bytes = new byte[256];
        for (var index = 0; index < registers.Length; index++)
            ConfigBytes.Put32(bytes, 0x10 + (4 * index), registers[index]);
        return ConfigBytes.Over(bytes).ReadBaseAddresses();
    }
}
