namespace VfioSharp.Config;

public sealed partial class ConfigSpace
{
    /// <summary>Follows the list of capabilities in the first 256 bytes.</summary>
    /// <returns>
    /// The capabilities. Whatever the device answers, the walk ends, visits each offset once and reads nothing outside of the space:
    /// what is wrong is said in <see cref="CapabilityList{T}.Problem"/>.
    /// </returns>
    /// <exception cref="VfioException">A read failed.</exception>
    public CapabilityList<Capability> ReadCapabilities() => CapabilityWalk.Standard(this);

    /// <summary>Follows the list of extended capabilities, from offset 0x100 on; empty where the space ends before.</summary>
    /// <returns>The capabilities, as for <see cref="ReadCapabilities"/>.</returns>
    /// <exception cref="VfioException">A read failed.</exception>
    public CapabilityList<ExtendedCapability> ReadExtendedCapabilities() => CapabilityWalk.Extended(this);

    /// <summary>Looks for power management.</summary>
    /// <returns>The capability's registers, or null where the function has none, or none that lies whole in the space.</returns>
    /// <exception cref="VfioException">A read failed.</exception>
    public PowerManagementCapability? FindPowerManagement() =>
        FindCapability(CapabilityId.PowerManagement, PowerManagementCapability.LengthInBytes) is { } offset ? new(this, offset) : null;

    /// <summary>Looks for the registers that every PCI Express function has.</summary>
    /// <inheritdoc cref="FindPowerManagement"/>
    public PciExpressCapability? FindPciExpress() =>
        FindCapability(CapabilityId.PciExpress, PciExpressCapability.LengthInBytes) is { } offset ? new(this, offset) : null;

    /// <summary>Looks for message-signalled interrupts.</summary>
    /// <inheritdoc cref="FindPowerManagement"/>
    public MsiCapability? FindMsi() =>
        FindCapability(CapabilityId.Msi, MsiCapability.ShortestLengthInBytes) is { } offset ? new(this, offset) : null;

    /// <summary>Looks for message-signalled interrupts with a table.</summary>
    /// <inheritdoc cref="FindPowerManagement"/>
    public MsixCapability? FindMsix() =>
        FindCapability(CapabilityId.Msix, MsixCapability.LengthInBytes) is { } offset ? new(this, offset) : null;

    internal void Change16(int offset, ushort keep, ushort set)
    {
        lock (_changeLock)
            Write16(offset, (ushort)((Read16(offset) & keep) | set));
    }

    private int? FindCapability(CapabilityId id, int lengthInBytes)
    {
        var end = Math.Min(SizeInBytes, ConfigRegister.ConventionalEnd);
        foreach (var capability in ReadCapabilities().Entries)
        {
            if (capability.Id == id && capability.Offset + lengthInBytes <= end)
                return capability.Offset;
        }

        return null;
    }
}
