using System.CommandLine;
using System.Globalization;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Reports;
using VfioSharp.Tool.Reports.Registers;

namespace VfioSharp.Tool.Verbs;

/// <summary>`vfio read`.</summary>
internal static class ReadVerb
{
    public static Command Create(ToolHost host)
    {
        var opening = new DeviceOpening(host);
        var region = RegisterArguments.Region();
        var offset = RegisterArguments.Number("OFFSET", "The register's offset in the region, in bytes");
        var width = RegisterArguments.Width();
        var path = RegisterArguments.Path();
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var verb = new VerbCommand("read", "Read a register", $"""
            Makes one access of exactly the given width and prints its value in hexadecimal, with as many digits as
            the width has. Registers are little-endian; the value is that of the register on every host.
            An access that does not reach the device (memory decoding off, the device in reset or gone) is an error.

            PATH is {string.Join(", ", PathNames.All)}.
            `vfio probe` says which of them a region allows, and why not the others.

            {DeviceOpening.Manual}

            Examples:
              vfio read 0000:01:00.0 bar0 0x8                          NVMe's version register
              vfio read 0000:01:00.0 config 0 --width 16               the vendor's number
              vfio read 0000:01:00.0 bar0 0 --width 64 --path RegionFile
            """);
        opening.AddArgumentTo(verb);
        verb.Add(region);
        verb.Add(offset);
        verb.Add(width);
        verb.Add(path);
        verb.Add(json);
        opening.AddOptionsTo(verb);
        verb.SetVerb((parsed, _) =>
        {
            var (bits, first) = (parsed.GetValue(width), parsed.GetValue(offset));
            RegisterArguments.RequireAligned(first, bits);
            using var device = opening.Open(parsed);
            var target = RegisterWindow.Require(device, parsed.GetValue(region));
            using var window = RegisterWindow.Open(device, target, first, (ulong)bits / 8, parsed.GetValue(path));
            var value = RegisterWindow.Read(window, bits);
            host.Output.WriteLine(parsed.GetValue(json)
                ? ReportJson.Serialize(new RegisterReport(device.Address.ToString(), target.Name, first, bits, value, window.Plan.Path.ToString()))
                : "0x" + value.ToString("x" + (bits / 4).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
        });
        return verb;
    }
}
