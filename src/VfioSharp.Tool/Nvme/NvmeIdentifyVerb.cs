using System.CommandLine;
using System.Text.Json.Nodes;
using VfioSharp.Nvme;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Nvme.Reporting;

namespace VfioSharp.Tool.Nvme;

/// <summary>`vfio nvme identify`.</summary>
internal static class NvmeIdentifyVerb
{
    public static Command Create(ToolHost host)
    {
        var opening = new NvmeOpening(host);
        var json = new Option<bool>("--json") { Description = "Print JSON, every field" };
        var verb = new VerbCommand("identify", "Show what a controller and its namespaces are", $"""
            Shows the controller and its active namespaces, or one of them with --namespace: their sizes, the formats that
            they can have (* marks the one that they have; 512+8 is a block of 512 bytes with 8 of metadata), their
            identifiers, and why this driver could not read or write one.

            JSON has every field of the structures under the names that nvme-cli gives them, so that it can be compared
            with `nvme id-ctrl -o json` ("controller") and `nvme id-ns -o json` (each of "namespaces", with "nsid" added).
            Numbers stay numbers, those of 128 bit with all their digits. What is specific to a vendor is left out.

            {NvmeOpening.Manual}
            """);
        opening.AddFirstTo(verb);
        verb.Add(json);
        opening.AddOptionsTo(verb);
        verb.SetVerb(async (parsed, cancellation) =>
        {
            await using var session = await opening.OpenAsync(parsed, new NvmeOptions(), cancellation);
            IReadOnlyList<NvmeNamespace> shown = opening.NamespaceIdOf(parsed) is { } id ? [session.Find(id)] : session.Controller.Namespaces;
            if (parsed.GetValue(json))
                host.Output.WriteLine(NvmeJson.Serialize(Describe(session.Controller, shown)));
            else
                IdentifyText.Write(host, session.Controller, shown);
        });
        return verb;
    }

    private static IdentifyReport Describe(NvmeController controller, IReadOnlyList<NvmeNamespace> namespaces)
    {
        var identity = controller.Identity.Structure;
        return new IdentifyReport(
            controller.Device.Address.ToString(), controller.Version.ToString(), controller.MaxTransferInBytes, controller.MaxQueuePairs,
            ControllerFields.Describe(ref identity), [.. namespaces.Select(Describe)]);
    }

    private static JsonObject Describe(NvmeNamespace space)
    {
        var identity = space.Identity.Structure;
        return NamespaceFields.Describe(space.Id, ref identity);
    }
}
