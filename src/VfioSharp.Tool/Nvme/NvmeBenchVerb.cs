using System.CommandLine;
using System.Text;
using VfioSharp.Nvme;
using VfioSharp.Tool.Arguments;
using VfioSharp.Tool.Manual;
using VfioSharp.Tool.Nvme.Benchmarking;
using VfioSharp.Tool.Nvme.Reporting;
using VfioSharp.Tool.Nvme.Transfers;

namespace VfioSharp.Tool.Nvme;

/// <summary>`vfio nvme bench`.</summary>
internal static class NvmeBenchVerb
{
    public static Command Create(ToolHost host)
    {
        var opening = new NvmeOpening(host);
        var lba = RegisterArguments.NumberOption("--lba", "The first logical block that is touched (default 0)");
        var length = LimitedOptions.Size("--length", "How many bytes from there on (default: all to the end)", 1, long.MaxValue);
        var workload = new WorkloadOptions();
        var force = new Option<bool>("--force") { Description = "Write, whatever the namespace holds" };
        var svg = new Option<string?>("--svg") { Description = "Also draw the histogram into a file", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var verb = new VerbCommand("bench", "Measure how many commands a namespace completes, and how long each takes", $"""
            Keeps --queue-depth commands under way in each of --queues queues, of which each has a thread. With --polled,
            which is what holds unless --interrupt is given, the thread looks for completions again and again; with
            --interrupt it sleeps until the controller interrupts. It runs for --warmup unmeasured, then for --duration.

            A command's time is that from its submission to the moment at which the program learns of its completion. A
            histogram shows how many took how long; its times are known to 3 percent. What a command leaves to the garbage
            collector is counted over the whole process.

            Writes put random bytes over what the namespace holds, wherever it does: they need --force.

            {NvmeOpening.Manual}

            Examples:
              vfio nvme bench 0000:01:00.0 --queue-depth 32
              vfio nvme bench vfio-user:/run/nvme/cntrl --queue-depth 1 --interrupt --svg latency.svg
              vfio nvme bench 0000:01:00.0 --pattern sequential --block-size 128KiB --read-percent 0 --force
            """);
        opening.AddFirstTo(verb);
        workload.AddTo(verb);
        verb.Add(lba);
        verb.Add(length);
        verb.Add(force);
        verb.Add(svg);
        verb.Add(json);
        opening.AddOptionsTo(verb);
        verb.SetVerb(async (parsed, cancellation) =>
        {
            var asked = workload.Read(parsed);
            if (asked.Writes && !parsed.GetValue(force))
                throw new CommandLineException("With --read-percent below 100 data is written over, wherever it lies: say --force, too.");
            // One more than the measurement has: the driver keeps one for itself.
            var options = new NvmeOptions { QueuePairs = asked.Queues + 1 };
            await using var session = await opening.OpenAsync(parsed, options, cancellation);
            var space = session.FindUsable(opening.NamespaceIdOf(parsed));
            var range = BlockRange.Within(opening.AddressOf(parsed), space, parsed.GetValue(lba) ?? 0, parsed.GetValue(length));
            var report = await NvmeBenchmark.RunAsync(session.Controller, range, asked, cancellation);
            if (parsed.GetValue(json))
                host.Output.WriteLine(NvmeJson.Serialize(report));
            else
                NvmeBenchText.Write(host, report);
            if (parsed.GetValue(svg) is { } file)
                OutputFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(NvmeBenchSvg.Render(report))));
        });
        return verb;
    }
}
