using System.CommandLine;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Reports;
using VfioSharp.Tool.Reports.Registers;

namespace VfioSharp.Tool.Verbs;

/// <summary>`vfio write`.</summary>
internal static class WriteVerb
{
    public static Command Create(ToolHost host)
    {
        var opening = new DeviceOpening(host);
        var region = RegisterArguments.Region();
        var offset = RegisterArguments.Number("OFFSET", "The register's offset in the region, in bytes");
        var value = RegisterArguments.Number("VALUE", "What to write; it must fit the width");
        var width = RegisterArguments.Width();
        var path = RegisterArguments.Path();
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var verb = new VerbCommand("write", "Write a register", $"""
            Makes one access of exactly the given width, reads nothing back and prints nothing.
            When the command ends the device is closed, and the kernel resets it where it can: what was written
            to a device may be gone then. The kernel guards parts of configuration space: a write there may
            have no effect, or one on what this device shows only.

            PATH is {string.Join(", ", PathNames.All)}.

            {DeviceOpening.Manual}

            Examples:
              vfio write 0000:01:00.0 bar0 0x14 0x460001
              vfio write 0000:01:00.0 config 0x4 0x0006 --width 16     memory decoding and bus mastering on
            """);
        opening.AddArgumentTo(verb);
        verb.Add(region);
        verb.Add(offset);
        verb.Add(value);
        verb.Add(width);
        verb.Add(path);
        verb.Add(json);
        opening.AddOptionsTo(verb);
        verb.SetVerb((parsed, _) =>
        {
            var (bits, first, number) = (parsed.GetValue(width), parsed.GetValue(offset), parsed.GetValue(value));
            RegisterArguments.RequireAligned(first, bits);
            RegisterArguments.RequireFits(number, bits);
            using var device = opening.Open(parsed);
            var target = RegisterWindow.Require(device, parsed.GetValue(region));
            using var window = RegisterWindow.Open(device, target, first, (ulong)bits / 8, parsed.GetValue(path));
            if (!window.CanWrite)
                throw new VfioException($"write {target.Name}", device.Address.ToString(), Errno.None, "the kernel offers this region for reading only.");

            RegisterWindow.Write(window, bits, number);
            if (parsed.GetValue(json))
                host.Output.WriteLine(ReportJson.Serialize(new RegisterReport(device.Address.ToString(), target.Name, first, bits, number, window.Plan.Path.ToString())));
        });
        return verb;
    }
}
