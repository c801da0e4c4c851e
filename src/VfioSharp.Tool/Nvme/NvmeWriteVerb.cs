using System.CommandLine;
using System.Diagnostics;
using VfioSharp.Nvme;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Nvme.Reporting;
using VfioSharp.Tool.Nvme.Transfers;

namespace VfioSharp.Tool.Nvme;

/// <summary>`vfio nvme write`.</summary>
internal static class NvmeWriteVerb
{
    public static Command Create(ToolHost host)
    {
        var opening = new NvmeOpening(host);
        var lba = RegisterArguments.NumberOption("--lba", "The first logical block (default 0)");
        var length = LimitedOptions.Size("--length", "How many bytes (default: all of the input)", 1, long.MaxValue);
        var input = new Option<string>("--input") { Description = "Where from: a file, or - for standard input", HelpName = "FILE", Required = true };
        var force = new Option<bool>("--force") { Description = "Do not ask, whatever the namespace holds" };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var verb = new VerbCommand("write", "Write data from a file to a namespace", $"""
            Writes the input from the block --lba on, several commands at once, and has the controller flush it. Where the
            input ends within a block, the rest of that block stays as it is. While much is written, a terminal shows how
            far it is. An error says how much was written before it.

            A namespace that holds data is written only when somebody has said yes, or with --force. It holds data where
            a byte other than 0 lies in its first or last MiB, or in the first or last MiB of what is to be written;
            what lies elsewhere is not looked for. Without a terminal to ask at, the command refuses.

            {NvmeOpening.Manual}

            Examples:
              vfio nvme write 0000:01:00.0 --input disk.img
              dd if=/dev/urandom bs=1M count=16 | vfio nvme write 0000:01:00.0 --lba 2048 --input - --force
            """);
        opening.AddFirstTo(verb);
        verb.Add(lba);
        verb.Add(length);
        verb.Add(input);
        verb.Add(force);
        verb.Add(json);
        opening.AddOptionsTo(verb);
        verb.SetVerb(async (parsed, cancellation) =>
        {
            using var source = DataFiles.Open(host, parsed.GetRequiredValue(input), parsed.GetValue(length));
            await using var session = await opening.OpenAsync(parsed, new NvmeOptions(), cancellation);
            var space = session.FindUsable(opening.NamespaceIdOf(parsed));
            var range = BlockRange.Within(opening.AddressOf(parsed), space, parsed.GetValue(lba) ?? 0, source.LengthInBytes);
            if (!parsed.GetValue(force))
                await OverwriteQuestion.AskAsync(host, session.Controller, range, canAsk: !source.IsStandardInput, cancellation);
            var started = Stopwatch.StartNew();
            var writer = new NamespaceWriter(session.Controller, range);
            try
            {
                await TransferProgress.RunAsync(
                    host, "writing", source.LengthInBytes, progress => writer.CopyAsync(source.Stream, progress, cancellation));
                source.RequireEnd(writer.WrittenInBytes);
                await space.FlushAsync(cancellation);
            }
            catch (Exception failure) when (failure is NvmeException or VfioException or IOException)
            {
                throw PartialWrite.Explain(writer, failure);
            }
            catch (OperationCanceledException)
            {
                host.Error.WriteLine($"vfio: {PartialWrite.Describe(writer)}");
                throw;
            }

            if (!parsed.GetValue(json))
                return;
            var report = TransferReport.Describe(opening.AddressOf(parsed), range, writer.WrittenInBytes, started.Elapsed);
            host.Output.WriteLine(NvmeJson.Serialize(report));
        });
        return verb;
    }
}
