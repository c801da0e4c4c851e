using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.Conformance.Tests;

public sealed class OwnServerTests
{
    // What each function does not have, by how the names of the cases begin; everything else has to run.
    private static readonly Dictionary<string, string[]> Skips = new()
    {
        ["scratch"] =
        [
            "device_get_region_io_fds/full", "device_get_region_io_fds/read_write_nothing", "device_set_irqs/irq_state", "migration/reset_runs",
        ],
        ["scratch,shared=off"] =
        [
            "device_get_region_info/caps", "device_get_region_info/mappable", "device_get_region_info/small_argsz", "device_get_region_info/sparse",
            "device_get_region_io_fds/full", "device_get_region_io_fds/read_write_nothing", "device_set_irqs/irq_state", "migration/reset_runs",
        ],
        // One vector, nothing shared, a configuration space of 256 bytes.
        ["edu"] =
        [
            "concurrency/fds_stay", "config_space/extended", "device_get_region_info/caps", "device_get_region_info/mappable",
            "device_get_region_info/small_argsz", "device_get_region_info/sparse", "device_get_region_io_fds/full",
            "device_get_region_io_fds/read_write_nothing", "device_set_irqs/", "migration/reset_runs",
        ],
        // No DMA engine that the suite knows, and no migration.
        ["ism"] =
        [
            "config_space/extended", "device_feature/", "device_get_region_info/caps", "device_get_region_info/mappable",
            "device_get_region_info/small_argsz", "device_get_region_info/sparse", "device_get_region_io_fds/full",
            "device_get_region_io_fds/read_write_nothing", "device_set_irqs/irq_state", "dma_transfer/", "migration/", "negotiate/invalid_json_bad_pgsize",
        ],
        // The same, but for the doorbells, which can come as events.
        ["nic"] =
        [
            "device_feature/", "device_get_region_info/caps", "device_get_region_info/mappable", "device_get_region_info/small_argsz",
            "device_get_region_info/sparse", "device_set_irqs/irq_state", "dma_transfer/", "migration/", "negotiate/invalid_json_bad_pgsize",
        ],
    };

    [Theory]
    [InlineData("scratch")]
    [InlineData("scratch,shared=off")]
    [InlineData("edu")]
    [InlineData("ism")]
    [InlineData("nic")]
    public void The_librarys_server_passes_every_case(string name)
    {
        var path = Path.Combine(Path.GetTempPath(), $"vfiosharp-{Guid.NewGuid():N}.sock");
        using var function = StockFunctions.Create(name);
        using var server = VfioUserServer.Listen(function, path);
        using var suite = new ServerSuite(new ServerSuiteOptions { SocketPath = path, Timeout = TimeSpan.FromSeconds(5) });

        var results = suite.Run(TestContext.Current.CancellationToken).ToList();

        var failures = results.Where(result => result.Status == CaseStatus.Failed).Select(result => $"{result.Case.Name}: {result.Reason}");
        Assert.True(!failures.Any(), string.Join('\n', failures));
        Assert.All(
            results.Where(result => result.Status == CaseStatus.Skipped).Select(result => result.Case.Name),
            skipped => Assert.Contains(Skips[name], part => skipped.StartsWith(part, StringComparison.Ordinal)));
        Assert.Null(server.LastFunctionFault);
    }
}
