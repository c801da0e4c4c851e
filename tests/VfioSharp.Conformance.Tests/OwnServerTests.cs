using VfioSharp.Emulation.Functions;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.Conformance.Tests;

public sealed class OwnServerTests
{
    [Theory]
    [InlineData("scratch")]
    [InlineData("scratch,shared=off")]
    [InlineData("edu")]
    [InlineData("ism")]
    public void The_librarys_server_passes_every_case(string name)
    {
        var path = Path.Combine(Path.GetTempPath(), $"vfiosharp-{Guid.NewGuid():N}.sock");
        using var function = StockFunctions.Create(name);
        using var server = VfioUserServer.Listen(function, path);
        using var suite = new ServerSuite(new ServerSuiteOptions { SocketPath = path, Timeout = TimeSpan.FromSeconds(5) });

        var results = suite.Run(TestContext.Current.CancellationToken).ToList();

        var failures = results.Where(result => result.Status == CaseStatus.Failed).Select(result => $"{result.Case.Name}: {result.Reason}");
        Assert.True(!failures.Any(), string.Join('\n', failures));
        Assert.Null(server.LastFunctionFault);
    }
}
