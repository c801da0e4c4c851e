using System.Buffers.Binary;
using VfioSharp.Config;
using VfioSharp.Interrupts;
using VfioSharp.Regions;

namespace VfioSharp.Backends.VfioUser;

// What the kernel does for a driver when it connects interrupts of a real function: the bits that let them out. Some servers set them with
// SET_IRQS, others leave them to their client; so each is looked at first. Bus mastering stays the driver's, as it does with the kernel.
internal sealed partial class VfioUserDeviceBackend
{
    private const int MsixEntrySizeInBytes = 16;
    private const int MsixEntryControlOffset = 12;
    private const uint MsixEntryMasked = 1;

    private void SwitchOn(InterruptIndex index, int start, ReadOnlySpan<int> eventFds)
    {
        if (FindConfig() is not { } config)
            return;
        switch (index)
        {
            case InterruptIndex.Intx when HasDescriptor(eventFds):
                if ((config.Command & CommandFlags.InterruptDisable) != 0)
                    config.Command &= ~CommandFlags.InterruptDisable;
                break;
            case InterruptIndex.Msi when HasDescriptor(eventFds) && config.FindMsi() is { } msi:
                msi.SwitchOn(start + eventFds.Length);
                break;
            case InterruptIndex.Msix when config.FindMsix() is { } msix:
                MaskEntries(msix, start, eventFds);
                if (HasDescriptor(eventFds))
                    msix.SwitchOn();
                break;
            default:
                break;
        }
    }

    private void SwitchOff(InterruptIndex index)
    {
        if (FindConfig() is not { } config)
            return;
        if (index == InterruptIndex.Msi)
            config.FindMsi()?.SwitchOff();
        else if (index == InterruptIndex.Msix)
            config.FindMsix()?.SwitchOff();
    }

    private ConfigSpace? FindConfig()
    {
        if (Describe().RegionCount <= (int)RegionIndex.Config)
            return null;
        var region = DescribeRegion((int)RegionIndex.Config);
        return region.SizeInBytes < ConfigRegister.HeaderEnd ? null : new ConfigSpace(this, region, _connection.Device);
    }

    // A vector that has an eventfd is let through, one that has lost it is held back. A table that is not where it says is the server's to know.
    private void MaskEntries(MsixCapability msix, int start, ReadOnlySpan<int> eventFds)
    {
        var table = msix.Table;
        if (table.Bar > (int)RegionIndex.Bar5 || table.Bar >= Describe().RegionCount)
            return;
        var region = DescribeRegion(table.Bar);
        const RegionFlags needed = RegionFlags.Read | RegionFlags.Write;
        if ((region.Flags & needed) != needed || !new RegionArea(0, region.SizeInBytes).Contains(table.Offset, (ulong)table.LengthInBytes))
            return;
        for (var i = 0; i < eventFds.Length && (start + i) * MsixEntrySizeInBytes < table.LengthInBytes; i++)
            MaskEntry(region, table.Offset + (ulong)((start + i) * MsixEntrySizeInBytes + MsixEntryControlOffset), isMasked: eventFds[i] < 0, start + i);
    }

    private void MaskEntry(RegionDescription region, ulong offset, bool isMasked, int vector)
    {
        Span<byte> register = stackalloc byte[sizeof(uint)];
        var errno = ReadRegion(region, offset, register);
        if (errno == Errno.None)
        {
            var control = BinaryPrimitives.ReadUInt32LittleEndian(register);
            var wanted = isMasked ? control | MsixEntryMasked : control & ~MsixEntryMasked;
            if (wanted == control)
                return;
            BinaryPrimitives.WriteUInt32LittleEndian(register, wanted);
            errno = _connection.Write((uint)region.Index, offset, register, mayBePosted: false);
        }

        if (errno != Errno.None)
            throw new VfioException($"{(isMasked ? "mask" : "unmask")} entry {vector} of the MSI-X table", _connection.Device, errno, ExplainLoss());
    }
}
