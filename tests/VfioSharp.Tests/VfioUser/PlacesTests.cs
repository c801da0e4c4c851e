using System.Buffers.Binary;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Regions;

namespace VfioSharp.Tests.VfioUser;

/// <summary>A server that decodes as a bus does, and refuses a BAR that no firmware has given an address, as QEMU's does.</summary>
public sealed class PlacesTests : IDisposable
{
    private readonly ScriptedFunction _function = new();

    public PlacesTests()
    {
        _function.Server.On(VfioUserCommand.RegionRead, request => Decodes(request) ? Read(request) : Answer.Refusal(Errno.EINVAL));
        _function.Server.On(VfioUserCommand.RegionWrite, request => Decodes(request) ? Write(request) : Answer.Refusal(Errno.EINVAL));
    }

    public void Dispose() => _function.Dispose();

    [Fact]
    public void BARs_without_a_place_get_one_at_the_first_access_and_it_is_made_again()
    {
        // BAR 2 has 64 bits.
        _function[7][0x18] = 0x0c;
        using var device = _function.Open();
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });

        window.Write32(0x10, 0x11223344);

        Assert.Equal(0x11223344u, window.Read32(0x10));
        Assert.Equal(0x8000_0000u, Config(0x10));
        Assert.Equal(0xcu, Config(0x18));
        Assert.Equal(0x100u, Config(0x1c));
        Assert.Equal(2, _function[7][4]);
    }

    [Fact]
    public void A_place_that_a_reset_took_away_is_given_again()
    {
        _function.Server.On(VfioUserCommand.DeviceReset, _ =>
        {
            _function[7].AsSpan(0x10, 24).Clear();
            _function[7][4] = 0;
            return new Answer([]);
        });
        using var device = _function.Open();
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });
        window.Write32(0, 1);
        device.Reset();

        window.Write32(0, 2);

        Assert.Equal(2u, window.Read32(0));
    }

    [Fact]
    public void A_BAR_that_has_a_place_is_left_alone_where_decoding_is_off()
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_function[7].AsSpan(0x10), 0xc000_0000);
        using var device = _function.Open();
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });

        Assert.Equal(Errno.EINVAL, Assert.Throws<DeviceAccessException>(() => window.Read32(0)).Errno);
        Assert.Equal(0xc000_0000u, Config(0x10));
        Assert.Equal(0, _function[7][4]);
    }

    [Fact]
    public void A_refusal_that_has_another_reason_is_not_asked_about_for_ever()
    {
        _function.Server.On(VfioUserCommand.RegionRead, request => request.As<RegionAccessMessage>().Region == 0 ? Answer.Refusal(Errno.EIO) : Read(request));
        using var device = _function.Open();
        using var window = device.Regions[0].Open(new WindowOptions { OnFault = OnFault.Throw });

        for (var i = 0; i < 3; i++)
            Assert.Equal(Errno.EIO, Assert.Throws<DeviceAccessException>(() => window.Read32(0)).Errno);
        Assert.Equal(4, _function.RequestsOf(VfioUserCommand.RegionRead).Count(request => request.As<RegionAccessMessage>().Region == 0));
    }

    private uint Config(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_function[7].AsSpan(offset));

    private bool Decodes(Request request) => request.As<RegionAccessMessage>().Region == 7 || ((_function[7][4] & 2) != 0 && (Config(0x10) & ~0xfu) != 0);

    private Answer Read(Request request)
    {
        var access = request.As<RegionAccessMessage>();
        return new Answer([.. ScriptedServer.Bytes(access), .. _function[access.Region].AsSpan((int)access.Offset, (int)access.Count)]);
    }

    // As in a PCI function, the lowest bits of a BAR stay.
    private Answer Write(Request request)
    {
        var access = request.As<RegionAccessMessage>();
        var bytes = request.Payload.AsSpan(RegionAccessMessage.SizeInBytes);
        var target = _function[access.Region].AsSpan((int)access.Offset);
        if (access is { Region: 7, Offset: >= 0x10 and < 0x28 } && access.Offset != 0x1c)
            bytes[0] = (byte)(bytes[0] & 0xf0 | target[0] & 0xf);
        bytes.CopyTo(target);
        return Answer.Of(access);
    }
}
