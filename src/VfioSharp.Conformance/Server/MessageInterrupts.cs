using System.Buffers.Binary;
using VfioSharp.Backends.VfioUser.Wire;
using VfioSharp.Conformance.Trials;
using static VfioSharp.Conformance.Trials.Numbers;

namespace VfioSharp.Conformance.Server;

/// <summary>Switches a device's message interrupts on, as a driver does: the enable bit of the capability, and with MSI-X the mask of the entry.</summary>
internal static class MessageInterrupts
{
    private const byte Msi = 0x05;
    private const byte Msix = 0x11;

    /// <summary>Connects vector 0 of MSI-X, or of MSI where that is all there is.</summary>
    /// <returns>What is signalled.</returns>
    public static Bell Connect(ServerTrial trial, Conversation peer)
    {
        var bell = trial.Own(new Bell());
        var isMsix = trial.Device.Irq(IrqMsix) is { Count: > 0 };
        var index = isMsix ? IrqMsix : trial.Device.Irq(IrqMsi) is { Count: > 0 } ? IrqMsi : throw new CaseSkippedException("the device has no message interrupts");
        peer.Accept(VfioUserCommand.DeviceSetIrqs, Requests.SetIrqs(SetTrigger | SetEventFd, index, 0, 1), bell.Number);
        var capability = Find(peer, isMsix ? Msix : Msi);
        if (capability != 0)
            Enable(peer, capability, isMsix);
        return bell;
    }

    private static void Enable(Conversation peer, uint capability, bool isMsix)
    {
        var control = BinaryPrimitives.ReadUInt16LittleEndian(Read(peer, capability + 2, 2));
        control = (ushort)(isMsix ? control & ~0x4000 | 0x8000 : control | 1);
        peer.Accept(VfioUserCommand.RegionWrite, Requests.RegionWrite(ConfigRegion, capability + 2, [(byte)control, (byte)(control >> 8)]));
        if (!isMsix)
            return;
        var place = BinaryPrimitives.ReadUInt32LittleEndian(Read(peer, capability + 4, 4));
        // The vector's control word; a server without a table of its own may refuse it.
        peer.Ask(VfioUserCommand.RegionWrite, Requests.RegionWrite(place & 7, (place & ~7u) + 12, new byte[4]));
    }

    private static uint Find(Conversation peer, byte id)
    {
        uint offset = Read(peer, 0x34, 1)[0];
        for (var count = 0; offset >= 0x40 && count < 48; count++)
        {
            var header = Read(peer, offset, 2);
            if (header[0] == id)
                return offset;
            offset = header[1];
        }

        return 0;
    }

    private static byte[] Read(Conversation peer, ulong offset, int count) =>
        peer.Accept(VfioUserCommand.RegionRead, Requests.RegionRead(ConfigRegion, offset, (uint)count)).OfLength(16 + count).Payload[16..];
}
