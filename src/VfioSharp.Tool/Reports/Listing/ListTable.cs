using System.Globalization;
using Spectre.Console;

namespace VfioSharp.Tool.Reports.Listing;

/// <summary>The list as a table.</summary>
internal static class ListTable
{
    private const int LongestLine = 10_000;

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
        var table = Layout.CreateTable(console, "address", "class", "device", "driver", "group", "viable", "mappable");
        foreach (var function in listing.Functions)
        {
            Layout.AddRow(
                table,
                function.Address,
                function.ClassName ?? Hex(function.Class, 6),
                Name(function),
                function.Driver ?? "-",
                Group(function),
                Viable(function),
                function.Mappable ? "yes" : "no");
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
