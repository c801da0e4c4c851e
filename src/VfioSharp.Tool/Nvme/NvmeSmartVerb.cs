using System.CommandLine;
using VfioSharp.Nvme;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Nvme.Reporting;

namespace VfioSharp.Tool.Nvme;

/// <summary>`vfio nvme smart`.</summary>
internal static class NvmeSmartVerb
{
    public static Command Create(ToolHost host)
    {
        var opening = new NvmeOpening(host);
        var json = new Option<bool>("--json") { Description = "Print JSON, every field" };
        var verb = new VerbCommand("smart", "Show a controller's health", $"""
            Shows the log page SMART / Health Information: warnings, temperatures, wear, and what the controller has done in
            its life. With --namespace it is that of the namespace, where the controller keeps one.

            JSON has every field under the name that nvme-cli gives it, so that it can be compared with
            `nvme smart-log -o json` ("smartLog"): temperatures in kelvin, data in units of 512,000 bytes.

            {NvmeOpening.Manual}
            """);
        opening.AddFirstTo(verb);
        verb.Add(json);
        opening.AddOptionsTo(verb);
        verb.SetVerb(async (parsed, cancellation) =>
        {
            await using var session = await opening.OpenAsync(parsed, new NvmeOptions(), cancellation);
            var log = await session.Controller.ReadSmartAsync(opening.NamespaceIdOf(parsed) ?? uint.MaxValue, cancellation);
            if (parsed.GetValue(json))
                host.Output.WriteLine(NvmeJson.Serialize(new SmartReport(opening.AddressOf(parsed).ToString(), SmartFields.Describe(ref log))));
            else
                SmartText.Write(host, opening.AddressOf(parsed), ref log);
        });
        return verb;
    }
}
