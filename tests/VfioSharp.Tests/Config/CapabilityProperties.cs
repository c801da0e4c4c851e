using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using VfioSharp.Config;
using VfioSharp.Tests.Fakes;

namespace VfioSharp.Tests.Config;

/// <summary>Whatever a device answers, configuration space is read without an exception, an endless walk, or a byte outside of it.</summary>
public sealed class CapabilityProperties
{
    private static readonly int[] Sizes = [64, 65, 67, 100, 255, 256, 257, 260, 4093, 4096];

    [Property(MaxTest = 500)]
    public Property Random_bytes_never_throw_never_loop_and_never_leave_the_space() =>
        Prop.ForAll(Spaces().ToArbitrary(), bytes => Read(bytes));

    private static Gen<byte[]> Spaces()
    {
        // Pure noise stops at the first pointer, as a rule; noise made of pointers and headers goes on longer.
        var noise = Gen.Choose(0, 255).Select(value => (byte)value);
        var pointers = Gen.Choose(0x10, 0x3f).Select(value => (byte)(value * 4));
        var small = Gen.Choose(0, 0x17).Select(value => (byte)value);
        return from size in Gen.Elements(Sizes)
               from bytes in Gen.OneOf(noise, pointers, small, Gen.OneOf(pointers, small), Gen.Elements<byte>(0xff, 0x40)).ArrayOf(size)
               from hasList in Gen.Elements(true, true, true, false)
               select WithList(bytes, hasList);
    }

    private static byte[] WithList(byte[] bytes, bool hasList)
    {
        bytes[0x06] = (byte)(hasList ? bytes[0x06] | 0x10 : bytes[0x06] & ~0x10);
        return bytes;
    }

    private static bool Read(byte[] bytes)
    {
        var backend = ByteArrayBackend.WithConfig(bytes);
        var config = ConfigBytes.Over(backend);
        var standard = config.ReadCapabilities();
        var extended = config.ReadExtendedCapabilities();
        // A visit takes at most three reads; there is room for 48 and 960.
        Assert.InRange(backend.Accesses.Count, 1, 3100);
        Assert.Equal(standard.Entries.Count, standard.Entries.Select(entry => entry.Offset).Distinct().Count());
        Assert.Equal(extended.Entries.Count, extended.Entries.Select(entry => entry.Offset).Distinct().Count());
        Assert.All(standard.Entries, entry => Assert.InRange(entry.Offset, 0x40, Math.Min(bytes.Length, 256) - 4));
        Assert.All(extended.Entries, entry => Assert.InRange(entry.Offset, 0x100, bytes.Length - 4));
        Assert.NotEqual(string.Empty, standard.Problem);
        ReadEverything(config);
        return true;
    }

    private static void ReadEverything(ConfigSpace config)
    {
        _ = (config.ClassCode.Name, config.HeaderLayout, config.Subsystem, config.Command, config.Status, config.InterruptPin);
        Assert.InRange(config.ReadBaseAddresses().Count, 0, 6);
        if (config.FindPowerManagement() is { } power)
            Assert.InRange(power.State, PowerState.D0, PowerState.D3Hot);
        if (config.FindPciExpress() is { } express)
        {
            Assert.InRange(express.MaxPayloadInBytes ?? 128, 128, 4096);
            Assert.InRange(express.MaxReadRequestInBytes ?? 128, 128, 4096);
            Assert.InRange(express.SupportedPayloadInBytes ?? 128, 128, 4096);
            Assert.InRange(express.MaxLinkWidth + express.LinkWidth, 0, 126);
            Assert.InRange(express.MaxLinkSpeed ?? 2.5, 2.5, 64);
            Assert.InRange(express.LinkSpeed ?? 2.5, 2.5, 64);
        }

        if (config.FindMsi() is { } msi)
            Assert.InRange(msi.RequestedVectors * msi.EnabledVectors, 1, 1024);
        if (config.FindMsix() is { } msix)
        {
            Assert.InRange(msix.VectorCount, 1, 2048);
            Assert.InRange(msix.Table.LengthInBytes, 16, 32768);
            Assert.InRange(msix.Pending.LengthInBytes, 8, 256);
            Assert.Equal(0u, (msix.Table.Offset | msix.Pending.Offset) % 8);
        }
    }
}
