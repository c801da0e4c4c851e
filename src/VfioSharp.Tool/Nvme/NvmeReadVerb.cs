using System.CommandLine;
using System.Diagnostics;
using VfioSharp.Nvme;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Nvme.Reporting;
using VfioSharp.Tool.Nvme.Transfers;

namespace VfioSharp.Tool.Nvme;

/// <summary>`vfio nvme read`.</summary>
internal static class NvmeReadVerb
{
    public static Command Create(ToolHost host)
    {
        var opening = new NvmeOpening(host);
        var lba = RegisterArguments.NumberOption("--lba", "The first logical block (default 0)");
        var length = LimitedOptions.Size("--length", "How many bytes (default: all to the end)", 1, long.MaxValue);
        var output = new Option<string>("--output")
        {
            Description = "Where to: a file, or - for standard output",
            HelpName = "FILE",
            Required = true,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var verb = new VerbCommand("read", "Read data from a namespace into a file", $"""
            Reads --length bytes from the block --lba on. The length need not be a multiple of a block. Several commands
            are under way at once. A new file that was begun is removed where a read fails. While much is read, a terminal
            shows how far it is.

            {NvmeOpening.Manual}

            Examples:
              vfio nvme read 0000:01:00.0 --length 4KiB --output - | hexdump -C
              vfio nvme read 0000:01:00.0 --namespace 2 --lba 2048 --length 1GiB --output part.img
            """);
        opening.AddFirstTo(verb);
        verb.Add(lba);
        verb.Add(length);
        verb.Add(output);
        verb.Add(json);
        opening.AddOptionsTo(verb);
        verb.SetVerb(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(json) && parsed.GetValue(output) == DataFiles.StandardStream)
                throw new CommandLineException("--json and --output - exclude each other: both go to standard output.");
            await using var session = await opening.OpenAsync(parsed, new NvmeOptions(), cancellation);
            var space = session.FindUsable(opening.NamespaceIdOf(parsed));
            var range = BlockRange.Within(opening.AddressOf(parsed), space, parsed.GetValue(lba) ?? 0, parsed.GetValue(length));
            var started = Stopwatch.StartNew();
            await DataFiles.WriteAsync(host, parsed.GetRequiredValue(output), stream => TransferProgress.RunAsync(
                host,
                "reading",
                range.LengthInBytes,
                progress => NamespaceReader.CopyAsync(session.Controller, range, stream, progress, cancellation)));
            if (!parsed.GetValue(json))
                return;
            var report = TransferReport.Describe(opening.AddressOf(parsed), range, range.LengthInBytes, started.Elapsed);
            host.Output.WriteLine(NvmeJson.Serialize(report));
        });
        return verb;
    }
}
