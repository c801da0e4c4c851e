namespace VfioSharp.Backends.Linux;

/// <summary>
/// An IOMMU group: the functions that the IOMMU cannot keep apart, so that user space gets all or none of them. A snapshot. Immutable.
/// </summary>
/// <param name="Number">The group's number; /dev/vfio/NUMBER is its file, or /dev/vfio/noiommu-NUMBER.</param>
/// <param name="IsNoIommu">Whether VFIO made the group up for a function without an IOMMU: then nothing confines its DMA.</param>
/// <param name="Members">The functions in it, by address.</param>
public sealed record PciIommuGroup(int Number, bool IsNoIommu, IReadOnlyList<PciIommuGroupMember> Members)
{
    /// <summary>
    /// Whether user space may take the group: every member is held by a VFIO driver, by pci-stub or pcieport, or by none
    /// (drivers/iommu/iommu.c, iommu_group_claim_dma_owner).
    /// </summary>
    public bool IsViable => Members.All(member => !member.IsInTheWay);

    /// <summary>The members whose drivers keep user space out.</summary>
    public IEnumerable<PciIommuGroupMember> Spoilers => Members.Where(member => member.IsInTheWay);
}

/// <summary>A member of an IOMMU group.</summary>
/// <param name="Name">Its PCI address, or the name of a device on another bus.</param>
/// <param name="DriverName">The driver that holds it, or null.</param>
/// <param name="IsBoundToVfio">Whether that driver hands it to user space.</param>
public sealed record PciIommuGroupMember(string Name, string? DriverName, bool IsBoundToVfio)
{
    /// <summary>Whether its driver keeps user space out of the group.</summary>
    public bool IsInTheWay => DriverName is not null && !IsBoundToVfio && !PciDrivers.IsHarmless(DriverName);
}
