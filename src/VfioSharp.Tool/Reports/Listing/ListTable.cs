using System.Globalization;
using Spectre.Console;

namespace VfioSharp.Tool.Reports.Listing;

/// <summary>The list as a table.</summary>
internal static class ListTable
{
    private const int LongestLine = 10_000;

    // Below this the class goes into the device's cell, so that names need not be broken.
    private const int WidthWithClass = 120;

    public static void Write(ToolHost host, ListReport listing)
    {
        if (listing.Functions.Count == 0)
        {
            host.Output.WriteLine(listing.HasPci
                ? "This machine's PCI bus has no functions."
                : $"This machine has no PCI bus, or none that {host.Functions.SysfsRoot} shows.");
            return;
        }

        // In a pipe a function is one line, however long, so that grep and awk find all of it.
        var console = host.CreateConsole(LongestLine);
        var isWide = console.Profile.Width >= WidthWithClass;
        var table = isWide
            ? Layout.CreateTable(console, "address", "class", "device", "driver", "group", "viable", "mappable")
            : Layout.CreateTable(console, "address", "device", "driver", "group", "viable", "mappable");
        var last = table.Columns.Count - 1;
        Layout.KeepTogether(table, 0, last - 3, last - 2, last);
        foreach (var function in listing.Functions)
        {
            var (kind, name) = (function.ClassName ?? Hex(function.Class, 6), Name(function));
            var (driver, mappable) = (function.Driver ?? "-", function.Mappable ? "yes" : "no");
            if (isWide)
                Layout.AddRow(table, function.Address, kind, name, driver, Group(function), Viable(function), mappable);
            else
                Layout.AddRow(table, function.Address, $"{name} ({kind})", driver, Group(function), Viable(function), mappable);
        }

        console.Write(table);
    }

    private static string Name(ListedFunction function)
    {
        var numbers = $"{Hex(function.Vendor, 4)}:{Hex(function.DeviceId, 4)}";
        return string.Join(' ', new[] { numbers, function.VendorName, function.DeviceName }.Where(part => part is not null));
    }

    private static string Group(ListedFunction function) => function.IommuGroup is not { } number
        ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{number}{(function.NoIommu == true ? " (no IOMMU)" : "")}");

    private static string Viable(ListedFunction function) => function.Viable switch
    {
        null => "-",
        true => "yes",
        false when function.InTheWay is [{ } only] && only.Address == function.Address => $"no: {only.Driver}",
        false => "no: " + string.Join(", ", function.InTheWay.Select(member => $"{member.Address} ({member.Driver})")),
    };

    private static string Hex(uint? value, int digits) =>
        value?.ToString("x" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) ?? "?";
}
