using System.Buffers.Binary;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;

namespace VfioSharp.Conformance.Server.Cases;

/// <summary>The configuration space behind region 7: what drivers and QEMU rely on. It is little-endian on every host.</summary>
internal static class ConfigSpaceCases
{
    private const uint Config = Numbers.ConfigRegion;
    private const int CommandRegister = 0x04;
    private const int StatusRegister = 0x06;
    private const int HeaderType = 0x0e;
    private const int FirstBar = 0x10;
    private const int CapabilityPointer = 0x34;
    private const byte MsixCapability = 0x11;
    private const ushort HasCapabilities = 1 << 4;

    public static IEnumerable<ServerCase> All()
    {
        var group = new CaseGroup("config_space", "VFIO Device Model", "device_get_region_info");
        var config = DeviceNeed.ConfigSpace;
        group.Must(
            "identity", "the vendor's id is neither 0 nor ffff",
            trial => Expect.That(trial.Device.Vendor is not (0 or 0xffff), $"the vendor's id is {trial.Device.Vendor:x4}."), config);
        group.Must("identity_read_only", "vendor and device id stay as they are when they are written", IdentityReadOnly, config);
        group.Must(
            "header_type", "the header is of type 0",
            trial => Expect.Equal(0, ReadBytes(trial.Open(), HeaderType, 1)[0] & 0x7fu, "the header type"), config);
        group.Must("command_register", "memory decoding and bus mastering can be switched on and off", CommandWrites, config);
        group.Must(
            "bar_size_detection", "BARs answer all ones with the size of their regions",
            BarSizes, config, "64bit_bar_size_detection_protocol");
        group.Must("bar_restored", "BARs keep an address", BarKeepsAddress, config);
        group.Must(
            "capabilities", "the list of capabilities ends, within the first 256 bytes, and goes by multiples of 4",
            trial => WalkCapabilities(trial.Open()), config);
        group.Must("msix_matches_irqs", "the MSI-X capability has as many entries as its interrupt index", MsixMatches, config);
        group.Must("msix_table_within_region", "the MSI-X table lies within its region", MsixTable, config);
        group.Must("extended_capabilities", "the list of extended capabilities ends, within 4096 bytes", ExtendedCapabilities, config);
        return group.Cases;
    }

    private static byte[] ReadBytes(Conversation peer, int offset, int count) =>
        peer.Accept(VfioUserCommand.RegionRead, Requests.RegionRead(Config, (ulong)offset, (uint)count)).OfLength(16 + count).Payload[16..];

    private static ushort Read16(Conversation peer, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(peer, offset, 2));

    private static uint Read32(Conversation peer, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(peer, offset, 4));

    private static void Write(Conversation peer, int offset, ReadOnlySpan<byte> bytes) =>
        peer.Accept(VfioUserCommand.RegionWrite, Requests.RegionWrite(Config, (ulong)offset, bytes)).OfLength(16);

    private static void Write32(Conversation peer, int offset, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Write(peer, offset, bytes);
    }

    private static void IdentityReadOnly(ServerTrial trial)
    {
        var peer = trial.Open();
        var before = ReadBytes(peer, 0, 4);
        // Whether the write is refused or passed over is the server's own choice.
        peer.Ask(VfioUserCommand.RegionWrite, Requests.RegionWrite(Config, 0, [0xaa, 0x55, 0xaa, 0x55]));
        Expect.Equal(before, ReadBytes(peer, 0, 4), "vendor and device id after a write");
    }

    private static void CommandWrites(ServerTrial trial)
    {
        const ushort memoryAndMaster = 6;
        var peer = trial.Open();
        var before = ReadBytes(peer, CommandRegister, 2);
        foreach (var value in (ushort[])[memoryAndMaster, 0, memoryAndMaster])
        {
            Write(peer, CommandRegister, [(byte)value, 0]);
            Expect.Equal(value, Read16(peer, CommandRegister) & (uint)memoryAndMaster, "memory decoding and bus mastering of the command register");
        }

        Write(peer, CommandRegister, before);
    }

    private static void BarSizes(ServerTrial trial)
    {
        var peer = trial.Open();
        for (var index = 0u; index < 6; index++)
        {
            var offset = FirstBar + (int)index * 4;
            var low = SizeMask(peer, offset);
            var isIo = (low & 1) != 0;
            var is64 = !isIo && (low & 6) == 4;
            var mask = low & (isIo ? ~3u : ~0xfu);
            var size = 0ul;
            if (is64)
            {
                Expect.That(index is 0 or 2 or 4, $"BAR {index} says 64 bits, which only an even one can.");
                size = (ulong)-(long)((ulong)SizeMask(peer, offset + 4) << 32 | mask);
            }
            else if (mask != 0)
            {
                // The upper half of an I/O BAR may be wired to 0.
                size = isIo ? (~(mask | 0xffff_0000) & 0xffff) + 1 : (uint)-(int)mask;
            }

            var region = trial.Device.Region(index);
            // A BAR has a power of two and at least 16 bytes, a region may have less.
            if (region is { Size: > 0 })
                Expect.That(size >= region.Size && (size & (size - 1)) == 0, $"BAR {index} says 0x{size:x} bytes, its region 0x{region.Size:x}.");
            else
                Expect.That(size == 0, $"BAR {index} says 0x{size:x} bytes, its region none.");
            if (is64)
                index++;
        }
    }

    private static uint SizeMask(Conversation peer, int offset)
    {
        var before = Read32(peer, offset);
        Write32(peer, offset, uint.MaxValue);
        var mask = Read32(peer, offset);
        Write32(peer, offset, before);
        return mask;
    }

    private static void BarKeepsAddress(ServerTrial trial)
    {
        var peer = trial.Open();
        var index = trial.Device.Regions.FirstOrDefault(region => region.Index < 6 && region.Size is > 0 and <= 1 << 28)?.Index
            ?? throw new CaseSkippedException("the device has no BAR that fits below 4 GiB");
        var offset = FirstBar + (int)index * 4;
        var before = Read32(peer, offset);
        var mask = SizeMask(peer, offset) & 0xffff_fff0;
        Write32(peer, offset, 0xe000_0000);
        Expect.Equal(0xe000_0000 & mask, Read32(peer, offset) & 0xffff_fff0 & mask, $"BAR {index} after an address was written");
        Write32(peer, offset, before);
    }

    private static List<(byte Id, int Offset)> WalkCapabilities(Conversation peer)
    {
        var capabilities = new List<(byte, int)>();
        if ((Read16(peer, StatusRegister) & HasCapabilities) == 0)
            return capabilities;
        var offset = ReadBytes(peer, CapabilityPointer, 1)[0] & ~3;
        while (offset != 0)
        {
            Expect.That(offset >= 0x40, $"a capability lies at 0x{offset:x}, within the header.");
            Expect.That(capabilities.Count < 48, "the list of capabilities is a circle.");
            var header = ReadBytes(peer, offset, 2);
            capabilities.Add((header[0], offset));
            Expect.That((header[1] & 3) == 0, $"the capability at 0x{offset:x} is followed by one at 0x{header[1]:x}.");
            offset = header[1];
        }

        return capabilities;
    }

    private static int RequireMsix(Conversation peer)
    {
        foreach (var (id, offset) in WalkCapabilities(peer))
        {
            if (id == MsixCapability)
                return offset;
        }

        throw new CaseSkippedException("the device has no MSI-X capability");
    }

    private static void MsixMatches(ServerTrial trial)
    {
        var peer = trial.Open();
        var count = (Read16(peer, RequireMsix(peer) + 2) & 0x7ffu) + 1;
        Expect.Equal(count, trial.Device.Irq(Numbers.IrqMsix)?.Count ?? 0, "the count of interrupt index 2 (MSI-X)");
    }

    private static void MsixTable(ServerTrial trial)
    {
        var peer = trial.Open();
        var capability = RequireMsix(peer);
        var count = (Read16(peer, capability + 2) & 0x7ffu) + 1;
        foreach (var (what, register, length) in ((string, int, ulong)[])[("table", 4, count * 16), ("pending bits", 8, (count + 63) / 64 * 8)])
        {
            var place = Read32(peer, capability + register);
            var region = trial.Device.Region(place & 7);
            Expect.That(
                region is not null && (place & ~7u) + length <= region.Size,
                $"the MSI-X {what} at 0x{place & ~7u:x} of BAR {place & 7} ends outside of it.");
        }
    }

    private static void ExtendedCapabilities(ServerTrial trial)
    {
        if (trial.Device.Region(Config)!.Size < 4096)
            throw new CaseSkippedException("the configuration space has 256 bytes");
        var peer = trial.Open();
        var offset = 0x100;
        for (var count = 0; offset != 0; count++)
        {
            Expect.That(
                offset >= 0x100 && (offset & 3) == 0 && count < 960,
                $"the list of extended capabilities leads to 0x{offset:x}, or is a circle.");
            offset = (int)(Read32(peer, offset) >> 20);
        }
    }
}
