using System.CommandLine;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Reports;
using VfioSharp.Tool.Reports.Probing;

namespace VfioSharp.Tool.Verbs;

/// <summary>`vfio probe`.</summary>
internal static class ProbeVerb
{
    public static Command Create(ToolHost host)
    {
        var opening = new DeviceOpening(host);
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var verb = new VerbCommand("probe", "Show what a device has, and how its registers are reached", $"""
            Opens the device, asks and closes it; nothing on it is changed by the questions. Shown are its regions, with
            the path that a window on all of a region takes and why each faster path was ruled out, its interrupts,
            the capabilities of its configuration space and of VFIO's device information, the IOVAs that can be mapped
            for DMA, and VFIO's device features; of a function of an IBM Z also what zPCI tells of it: its numbers, its
            place in the machine, whether MIO instructions reach it, the longest block store, the DMA window.

            The paths, the fastest first:
              LoadStore       the BAR is mapped, a register is a load or a store
              MioInstruction  the BAR is mapped, IBM Z's MIO instructions reach it
              MmioSyscall     the BAR is mapped, IBM Z's MMIO system calls reach it
              RegionFile      pread and pwrite on the device's file
              Message         messages to the process that serves the function
              Unreachable     there is no way in

            In JSON sizes and offsets are in bytes and numbers are decimal; what is not known is null. A capability's
            id is one of the PCI specification's where its "space" is "config", and one of VFIO's where it is "vfio".
            "zpci" is null on every other machine.

            {DeviceOpening.Manual}
            """);
        opening.AddArgumentTo(verb);
        verb.Add(json);
        opening.AddOptionsTo(verb);
        verb.SetVerb((parsed, _) =>
        {
            ProbeReport report;
            using (var device = opening.Open(parsed))
                report = ProbeGathering.Gather(device, host.Functions, host.PciIdsFiles);
            if (parsed.GetValue(json))
                host.Output.WriteLine(ReportJson.Serialize(report));
            else
                ProbeText.Write(host, report);
        });
        return verb;
    }
}
