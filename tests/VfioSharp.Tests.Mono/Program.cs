using System.Text.Json;
using VfioSharp.Tests.Mono;

// Prints one line of JSON a test: {"test", "outcome": "pass|fail|skip", "message"}. An argument names the only test to run.
var failures = 0;
foreach (var test in UnitTest.All.Where(test => args.Length == 0 || test.Name == args[0]))
{
    var result = await test.Run();
    Console.WriteLine(JsonSerializer.Serialize(result, UnitTestJson.Default.UnitTestResult));
    if (result.Outcome == UnitTestResult.Fail)
        failures++;
}

return failures == 0 ? 0 : 1;
