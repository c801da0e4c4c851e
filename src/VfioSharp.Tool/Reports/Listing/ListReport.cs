using VfioSharp.Backends.Linux;
using VfioSharp.Tool.PciIds;

namespace VfioSharp.Tool.Reports.Listing;

/// <summary>What `vfio list` tells.</summary>
internal sealed record ListReport(bool HasPci, IReadOnlyList<ListedFunction> Functions)
{
    public static ListReport Gather(PciFunctions functions, IReadOnlyList<string> pciIdsFiles)
    {
        var present = functions.List();
        var names = PciNames.Load(pciIdsFiles, present.Select(function => function.VendorId).OfType<ushort>().ToHashSet());
        var groups = new Dictionary<int, PciIommuGroup?>();
        var listed = new List<ListedFunction>();
        foreach (var function in present)
        {
            PciIommuGroup? group = null;
            if (function.IommuGroup is { } number && !groups.TryGetValue(number, out group))
                groups[number] = group = functions.FindGroup(number);
            listed.Add(ListedFunction.Of(function, group, names));
        }

        return new ListReport(functions.HasPci, listed);
    }
}

/// <summary>A function of the list. Numbers that sysfs does not tell are null; a group that is not there is neither viable nor not.</summary>
internal sealed record ListedFunction(
    string Address,
    uint? Class,
    string? ClassName,
    ushort? Vendor,
    string? VendorName,
    ushort? DeviceId,
    string? DeviceName,
    ushort? SubsystemVendor,
    ushort? SubsystemDevice,
    byte? Revision,
    string? Driver,
    bool Bound,
    int? IommuGroup,
    bool? NoIommu,
    bool? Viable,
    IReadOnlyList<ListedSpoiler> InTheWay,
    bool Mappable,
    string? VfioDevice,
    string? PhysicalFunction,
    int? NumaNode,
    IReadOnlyList<string> ResetMethods)
{
    public static ListedFunction Of(PciFunctionInfo function, PciIommuGroup? group, PciNames names) => new(
        function.Address.Path,
        function.ClassCode,
        names.Class(function.ClassCode),
        function.VendorId,
        names.Vendor(function.VendorId),
        function.DeviceId,
        names.Device(function.VendorId, function.DeviceId),
        function.SubsystemVendorId,
        function.SubsystemDeviceId,
        function.Revision,
        function.DriverName,
        function.IsBoundToVfio,
        function.IommuGroup,
        group?.IsNoIommu,
        group?.IsViable,
        [.. (group?.Spoilers ?? []).Select(spoiler => new ListedSpoiler(spoiler.Name, spoiler.DriverName!))],
        function.HasMappableBar,
        function.VfioDeviceName,
        function.PhysicalFunction?.Path,
        function.NumaNode,
        function.ResetMethods ?? []);
}

/// <summary>A member of the group that keeps user space out.</summary>
internal sealed record ListedSpoiler(string Address, string Driver);
