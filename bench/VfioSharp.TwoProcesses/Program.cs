using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VfioSharp;
using VfioSharp.Nvme;
using VfioSharp.TwoProcesses;
using VfioSharp.TwoProcesses.Nvme;

// bench/round-trip, bench/many-clients, bench/survival, bench/nvme and tests/soak start it; what it needs a second process for, it starts itself once more.
try
{
    switch (args)
    {
        case ["serve", var folder, var count, var manner]:
            ServingProcess.Run(folder, Number(count), manner == "polls");
            return 0;
        case ["drive", var path, var traffic]:
            DrivingProcess.Run(path, traffic);
            return 0;
        case ["round-trip", var pingPong, var rounds, var count, var own, var other, ..]:
            return InFolder(folder =>
            {
                var report = RoundTrip.Run(pingPong, folder, Number(rounds), Number(count), new Placement(Number(own), Number(other)));
                Print(report, ReportContext.Default.RoundTripReport, report.ToTable);
            });
        case ["many-clients", var clients, var seconds, ..]:
            return InFolder(folder =>
            {
                var report = new ManyClients(Environment.ProcessPath!, folder, Number(clients)).Run(TimeSpan.FromSeconds(Number(seconds)));
                Print(report, ReportContext.Default.ManyClientsReport, report.ToTable);
            });
        case ["survival", var times, ..]:
            return InFolder(folder =>
            {
                var report = SurvivalReport.Of(new Survival(Environment.ProcessPath!, folder), Number(times));
                Print(report, ReportContext.Default.SurvivalReport, report.ToTable);
            });
        case [NvmeServerPlan.Verb, _, _, _, ..]:
            NvmeServing.Run(NvmeServerPlan.Parse(args));
            return 0;
        case ["nvme-bench", var folder, var rounds, var milliseconds, ..]:
            using (var measurement = new NvmeBench(Environment.ProcessPath!, folder))
            {
                var report = measurement.Run(Number(rounds), TimeSpan.FromMilliseconds(Number(milliseconds)));
                Print(report, ReportContext.Default.NvmeBenchReport, report.ToTable);
            }

            return 0;
        case ["nvme-survival", var kills, ..]:
            return InFolder(folder =>
            {
                var report = new NvmeSurvival(Environment.ProcessPath!, folder, seed: 1).RunAsync(Number(kills), TimeSpan.FromMilliseconds(500)).GetAwaiter().GetResult();
                Print(report, ReportContext.Default.NvmeSurvivalReport, report.ToTable);
            });
        case ["nvme-soak", var minutes, var seed]:
            return InFolder(folder =>
            {
                var soak = new NvmeSoak(Environment.ProcessPath!, folder, Number(seed));
                soak.RunAsync(TimeSpan.FromMinutes(Number(minutes)), Console.WriteLine).GetAwaiter().GetResult();
                Console.WriteLine("No block was wrong, memory is flat, no descriptor leaked.");
            });
        default:
            Console.Error.WriteLine("See bench/round-trip, bench/many-clients, bench/survival, bench/nvme and tests/soak.");
            return 2;
    }
}
catch (Exception failure) when (failure is VfioException or NvmeException or MeasurementException)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

static int InFolder(Action<string> measure)
{
    var folder = Directory.CreateTempSubdirectory("vfiosharp-");
    try
    {
        measure(folder.FullName);
        return 0;
    }
    finally
    {
        folder.Delete(recursive: true);
    }
}

void Print<T>(T report, JsonTypeInfo<T> type, Func<string> toTable) =>
    Console.WriteLine(args is [.., "--json"] ? JsonSerializer.Serialize(report, type) : toTable());
