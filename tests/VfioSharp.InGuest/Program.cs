using System.Text.Json;
using VfioSharp.InGuest;

// Prints one line of JSON a test: {"test", "outcome": "pass|fail|skip", "message", "milliseconds"}. Tests run one after another,
// since they share the guest's functions, of which each has one owner. An argument names the only test to run.
var only = args.Length > 0 ? args[0] : null;
var failures = 0;
foreach (var test in GuestTest.All.Where(test => only is null ? !test.IsExplicit : test.Name == only))
{
    var result = await test.Run();
    Console.WriteLine(JsonSerializer.Serialize(result, GuestJson.Default.GuestTestResult));
    if (result.Outcome == GuestTestResult.Fail)
        failures++;
}

return failures == 0 ? 0 : 1;
