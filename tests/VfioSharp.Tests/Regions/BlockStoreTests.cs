using FsCheck.Xunit;
using VfioSharp.IbmZ;
using VfioSharp.Mmio;
using VfioSharp.Regions;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Regions;

/// <summary>The write that is one access or none.</summary>
public sealed class BlockStoreTests : IDisposable
{
    private static readonly DeviceAddress Address = DeviceAddress.Parse("0001:00:00.0");

    private readonly IbmZHost _host = new(0x4000);
    private readonly SharedMemory _memory = new();

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData(AccessPath.MmioSyscall, "syscall write", 128)]
    [InlineData(AccessPath.MioInstruction, "PCISTBI", 512)]
    public void A_block_on_a_mapping_is_one_call(AccessPath path, string call, int longest)
    {
        using var device = OpenMapped(longestBlock: 512);
        using var window = device.Regions[0].Open(new WindowOptions { Offset = 8, Path = path });
        Assert.Equal(longest, window.LongestBlockStoreInBytes);
        var block = Numbered(longest);
        window.WriteBlock(0x100, block);
        window.WriteBlock(0x800, block.AsSpan(0, 16));
        window.WriteBlock(0x900, block.AsSpan(0, 24));
        Assert.Equal([$"{call} {longest} at 0x108", $"{call} 16 at 0x808", $"{call} 24 at 0x908"], _host.Calls);
        Assert.Equal(block, _host.Bytes[0x108..(0x108 + longest)]);
    }

    [Theory]
    [InlineData(AccessPath.MmioSyscall, "syscall write")]
    [InlineData(AccessPath.MioInstruction, "PCISTGI")]
    public void Bytes_of_a_registers_width_are_one_register_store(AccessPath path, string call)
    {
        using var device = OpenMapped();
        using var window = device.Regions[0].Open(new WindowOptions { Path = path });
        foreach (var width in new[] { 1, 2, 4, 8 })
            window.WriteBlock(8, Numbered(width));
        Assert.Equal([$"{call} 1 at 0x8", $"{call} 2 at 0x8", $"{call} 4 at 0x8", $"{call} 8 at 0x8"], _host.Calls);
        Assert.Equal(Numbered(8), _host.Bytes[8..16]);
    }

    [Theory]
    [InlineData(0x10, 0)]
    [InlineData(0x10, 3)]
    [InlineData(0x10, 12)]
    [InlineData(0x10, 20)]
    [InlineData(0x10, 136)]
    [InlineData(0x14, 16)]
    [InlineData(0x0ff8, 16)]
    [InlineData(0x12, 4)]
    public void What_would_not_be_one_access_is_refused_before_anything_happens(ulong offset, int length)
    {
        using var device = OpenMapped();
        foreach (var path in new[] { AccessPath.MmioSyscall, AccessPath.MioInstruction })
        {
            using var window = device.Regions[0].Open(new WindowOptions { Path = path });
            Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(offset, Numbered(length)));
        }

        Assert.Empty(_host.Calls);
    }

    [Fact]
    public void A_busy_function_gets_the_block_again_and_a_failed_one_is_counted()
    {
        using var device = OpenMapped();
        using var window = device.Regions[0].Open(new WindowOptions { Path = AccessPath.MioInstruction, OnFault = OnFault.Throw });
        _host.Answers.Enqueue(AccessOutcome.OfConditionCode(2));
        window.WriteBlock(0, Numbered(16));
        Assert.Equal(2, _host.Calls.Count);
        _host.Answers.Enqueue(AccessOutcome.OfConditionCode(1, 12));
        var failure = Assert.Throws<DeviceAccessException>(() => window.WriteBlock(0, Numbered(16)));
        Assert.Contains("write 16 bytes to offset 0x0 of BAR0", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, window.FaultCount);
    }

    [Fact]
    public void Loads_and_stores_take_registers_and_nothing_longer()
    {
        using var window = _memory.Open();
        Assert.Equal(8, window.LongestBlockStoreInBytes);
        foreach (var width in new[] { 1, 2, 4, 8 })
        {
            window.WriteBlock((ulong)width * 8, Numbered(width));
            Assert.Equal(Numbered(width), _memory.Read(width * 8, width));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(0, Numbered(16)));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(0, Numbered(3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(2, Numbered(4)));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(4095, Numbered(2)));
    }

    [Fact]
    public void The_ISM_driver_gets_one_pwrite_for_a_block_and_no_registers()
    {
        var backend = IsmBackend("ism_vfio_pci");
        using var device = VfioDevice.Open(Address, backend);
        using var window = device.Regions[0].Open();
        backend.Accesses.Clear();

        window.WriteBlock(0x40, Numbered(128));
        Assert.Equal(0x11, window.Read8(0x40 + 0x10));
        Assert.Equal(["write 0 0x40 128", "read 0 0x50 1"], backend.Accesses);

        backend.Accesses.Clear();
        var refusal = Assert.Throws<NotSupportedException>(() => window.Write32(0, 1));
        Assert.Contains("WriteBlock", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => window.WriteBlock(0, Numbered(8), 8));
        foreach (var length in new[] { 1, 8, 12, 136 })
            Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(0, Numbered(length)));
        Assert.Empty(backend.Accesses);
    }

    [Fact]
    public void Configuration_space_takes_registers_under_the_ISM_driver_too()
    {
        var backend = IsmBackend("ism_vfio_pci");
        using var device = VfioDevice.Open(Address, backend);
        using var window = device.Regions[RegionIndex.Config].Open();
        window.Write16(4, 2);
        Assert.Contains("write 7 0x4 2", backend.Accesses);
    }

    [Fact]
    public void The_file_of_another_driver_takes_registers_only()
    {
        var backend = IsmBackend("vfio-pci");
        using var device = VfioDevice.Open(Address, backend);
        using var window = device.Regions[0].Open();
        backend.Accesses.Clear();
        Assert.Equal(4, window.LongestBlockStoreInBytes);
        window.WriteBlock(0, Numbered(4));
        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(0, Numbered(8)));
        Assert.Contains("may make two of 8", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => window.WriteBlock(0, Numbered(16)));
        Assert.Equal(["write 0 0x0 4"], backend.Accesses);
    }

    [Theory]
    [InlineData(AccessPath.MioInstruction, "PCIWB")]
    [InlineData(AccessPath.MmioSyscall, null)]
    public void Writes_are_flushed_where_the_machine_holds_them_back(AccessPath path, string? call)
    {
        using var device = OpenMapped();
        var window = device.Regions[0].Open(new WindowOptions { Path = path });
        window.FlushWrites();
        Assert.Equal(call is null ? [] : [call], _host.Calls);
        window.Dispose();
        Assert.Throws<ObjectDisposedException>(window.FlushWrites);
    }

    [Property]
    public void What_is_allowed_is_one_instruction(ushort offset, ushort length, ushort longest, bool hasRegisters)
    {
        var stores = new BlockStores(Math.Max(8, longest % 4097 & ~7), hasRegisters);
        if (stores.FindObstacle(offset, length) is not null)
            return;
        var isRegister = hasRegisters && length is 1 or 2 or 4 or 8 && offset % length == 0;
        var isBlock = length >= 16 && length <= stores.LongestInBytes && length % 8 == 0 && offset % 8 == 0 && offset / 4096 == (offset + length - 1) / 4096;
        Assert.True(isRegister || isBlock);
    }

    private static byte[] Numbered(int length) => [.. Enumerable.Range(1, length).Select(i => (byte)i)];

    private static ByteArrayBackend IsmBackend(string driver) => new ByteArrayBackend
    {
        HostOfMappings = new IbmZHost(0).Describe(),
        Zpci = new ZpciDescription { IsMioEnabled = false, Driver = driver },
    }.With(0, new byte[0x1000]).With((int)RegionIndex.Config, [0x14, 0x10, 0xed, 0x04, .. new byte[0xfc]]);

    private VfioDevice OpenMapped(ushort? longestBlock = null) => VfioDevice.Open(
        Address,
        new ByteArrayBackend
        {
            Flags = RegionFlags.Read | RegionFlags.Write | RegionFlags.Mmap,
            HostOfMappings = _host.Describe(hasMio: true),
            Zpci = new ZpciDescription { IsMioEnabled = true, Driver = "vfio-pci", MaximumStoreBlockInBytes = longestBlock },
            PartMapper = _host.Map,
        }.With(0, _host.Bytes));
}
