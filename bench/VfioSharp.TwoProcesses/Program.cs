using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using VfioSharp;
using VfioSharp.TwoProcesses;

// bench/round-trip, bench/many-clients and bench/survival start it; what it needs a second process for, it starts itself once more.
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
        case ["round-trip", var pingPong, var rounds, var count, "one-processor" or "all-processors", ..]:
            return InFolder(folder =>
            {
                using var measurement = new RoundTrip(pingPong, folder, Number(count));
                var report = measurement.Run(Number(rounds), spins: args[4] == "all-processors");
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
        default:
            Console.Error.WriteLine("See bench/round-trip, bench/many-clients and bench/survival.");
            return 2;
    }
}
catch (Exception failure) when (failure is VfioException or MeasurementException)
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
