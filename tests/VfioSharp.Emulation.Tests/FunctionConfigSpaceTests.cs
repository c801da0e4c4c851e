using System.Buffers.Binary;
using FsCheck.Xunit;
using VfioSharp.Config;

namespace VfioSharp.Emulation.Tests;

public sealed class FunctionConfigSpaceTests : IDisposable
{
    private readonly Equipped _function = new();

    public void Dispose() => _function.Dispose();

    [Fact]
    public void Capabilities_stand_in_a_chain_and_say_what_they_are()
    {
        Assert.Equal(4096, _function.Config.LengthInBytes);
        Assert.Equal([0x11, 0x01, 0x05, 0x09, 0x10], Walk());
        Assert.Equal(0x0001_0003u, Read32(0x100) & 0x000f_ffff);
        Assert.Equal(0x1122_3344_5566_7788ul, Read32(0x104) | (ulong)Read32(0x108) << 32);
        var vendor = (int)(Read32(0x100) >> 20);
        Assert.Equal(0x0001_000bu, Read32(vendor));
        Assert.Equal(0x00c2_1234u, Read32(vendor + 4));
        Assert.Equal(0xbbaau, Read32(vendor + 8) & 0xffff);
    }

    [Fact]
    public void A_vendors_capability_says_its_length_and_keeps_its_masks()
    {
        var offset = _function.VendorOffset;
        Assert.Equal(5, Read8(offset + 2));
        _function.WriteConfig(offset + 3, [0xff, 0xff]);
        Assert.Equal((0x1f, 0x02), (Read8(offset + 3), Read8(offset + 4)));
    }

    [Fact]
    public void A_state_that_the_function_does_not_have_is_dropped()
    {
        var control = _function.PowerOffset + 4;
        _function.WriteConfig(control, [1, 0]);
        Assert.Equal(PowerState.D0, _function.Config.PowerState);
        _function.WriteConfig(control, [3, 0]);
        Assert.Equal(PowerState.D3Hot, _function.Config.PowerState);
        _function.WriteConfig(control, [2, 0]);
        Assert.Equal(PowerState.D3Hot, _function.Config.PowerState);
        Assert.Equal(0, _function.Resets);
    }

    [Fact]
    public void The_way_back_from_D3hot_resets_a_function_that_does_not_keep_its_state()
    {
        var control = _function.PowerOffset + 4;
        _function.WriteConfig(4, [6, 0]);
        _function.WriteConfig(control, [3, 0]);
        _function.WriteConfig(control, [0, 0]);
        Assert.Equal(1, _function.Resets);
        Assert.False(_function.Config.IsBusMaster);
        using var keeper = new Equipped(keepsStateInD3Hot: true);
        keeper.WriteConfig(4, [6, 0]);
        keeper.WriteConfig(control, [3, 0]);
        keeper.WriteConfig(control, [0, 0]);
        Assert.Equal(0, keeper.Resets);
        Assert.True(keeper.Config.IsBusMaster);
    }

    [Fact]
    public void A_function_level_reset_resets_whatever_the_width_of_the_write()
    {
        var control = _function.Config.ExpressOffset + 8;
        _function.WriteConfig(control, [0, 0x80]);
        _function.WriteConfig(control + 1, [0x80]);
        _function.WriteConfig(control - 4, [0, 0, 0, 0, 0, 0x80, 0, 0]);
        Assert.Equal(3, _function.Resets);
        Assert.Equal(0, Read8(control + 1) & 0x80);
        _function.WriteConfig(control, [0, 0x70]);
        Assert.Equal(3, _function.Resets);
        using var without = new Equipped(hasReset: false);
        without.WriteConfig(control, [0, 0x80]);
        Assert.Equal(0, without.Resets);
    }

    [Fact]
    public void The_function_is_told_of_each_write()
    {
        _function.WriteConfig(0x3c, [7]);
        _function.WriteConfig(4, [6, 0, 0, 0]);
        Assert.Equal(["0x3c 1", "0x4 4"], _function.Written);
        Assert.Equal(7, Read8(0x3c));
        Assert.Equal(2, Read8(0x3d));
    }

    [Fact]
    public void MSI_grants_no_more_than_is_asked_for()
    {
        var control = _function.Config.MsiOffset + 2;
        Assert.Equal(0x0184u, Read32(control - 2) >> 16);
        _function.WriteConfig(control, [0x71, 0]);
        Assert.True(_function.Config.IsMsiEnabled);
        Assert.Equal(4, _function.Config.GrantedMsiVectors);
        _function.WriteConfig(control + 14, [0xff, 0xff, 0xff, 0xff]);
        Assert.Equal(0xfu, Read32(control + 14));
        Assert.True(_function.Config.IsMsiMasked(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => _function.Config.IsMsiMasked(4));
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        using var plain = new Plain();
        Assert.Equal(256, plain.Config.LengthInBytes);
        Assert.Throws<InvalidOperationException>(() => plain.Config.AddSerialNumber(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => plain.Config.AddMsi(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => plain.Config.AddMsi(64));
        Assert.Throws<ArgumentException>(() => plain.Config.AddVendorSpecific(new byte[254]));
        Assert.Throws<ArgumentException>(() => plain.Config.AddVendorSpecific(new byte[2], new byte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => plain.ReadConfig(255, new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => plain.WriteConfig(-1, new byte[2]));
        Assert.Throws<InvalidOperationException>(() => _function.Config.AddExpressEndpoint(true));
        Assert.Throws<InvalidOperationException>(() => _function.Config.AddMsi());
        Assert.Throws<ArgumentException>(() => _function.Config.AddExtendedCapability(ExtendedCapabilityId.VendorSpecific, 1, new byte[4000]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _function.Config.AddExtendedCapability(ExtendedCapabilityId.VendorSpecific, 16, new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PciIdentity(1, 2, new ClassCode(0)) { InterruptPin = 5 });
    }

    [Property(MaxTest = 500)]
    public bool Writes_never_change_what_a_driver_cannot_write_and_a_reset_brings_all_back(ushort start, byte[] bytes)
    {
        var config = _function.Config;
        config.Reset();
        var initial = config.Bytes.ToArray();
        var offset = start % config.LengthInBytes;
        bytes = bytes[..Math.Min(bytes.Length, config.LengthInBytes - offset)];
        _function.WriteConfig(offset, bytes);
        var isPossible = config.CanBe(config.Bytes) && Walk().SequenceEqual([0x11, 0x01, 0x05, 0x09, 0x10]);
        _function.Reset();
        return isPossible && config.Bytes.SequenceEqual(initial);
    }

    private List<int> Walk()
    {
        var found = new List<int>();
        for (var next = Read8(0x34); next != 0; next = Read8(next + 1))
            found.Add(Read8(next));
        return found;
    }

    private int Read8(int offset) => (int)(Read32(offset & ~3) >> (offset & 3) * 8 & 0xff);

    private uint Read32(int offset)
    {
        var bytes = new byte[4];
        _function.ReadConfig(offset, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private class Plain() : PciFunction(
        new PciIdentity(0x1af4, 0x10f4, new ClassCode(0xff0000)) { InterruptPin = 2 }, [new FunctionBar(0, 0x1000)], new MsixTable(0, 4, 0, 0x800))
    {
        public int Resets { get; private set; }

        public List<string> Written { get; } = [];

        protected override void OnRead(int bar, ulong offset, Span<byte> destination) => destination.Clear();

        protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
        {
        }

        protected override void OnReset() => Resets++;

        protected override void OnConfigWritten(int offset, int lengthInBytes) => Written.Add($"0x{offset:x} {lengthInBytes}");
    }

    private sealed class Equipped : Plain
    {
        public Equipped(bool keepsStateInD3Hot = false, bool hasReset = true)
        {
            PowerOffset = Config.AddPowerManagement(keepsStateInD3Hot);
            Config.AddMsi(4);
            VendorOffset = Config.AddVendorSpecific([1, 2], [0x1e, 0]);
            Config.AddExpressEndpoint(hasReset);
            Config.AddSerialNumber(0x1122_3344_5566_7788);
            Config.AddVendorSpecificExtended(0x1234, 2, [0xaa, 0xbb, 0, 0]);
        }

        public int PowerOffset { get; }

        public int VendorOffset { get; }
    }
}
