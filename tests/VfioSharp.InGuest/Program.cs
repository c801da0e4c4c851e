using System.Text.Json;
using VfioSharp.InGuest;
using VfioSharp.InGuest.Recording;

// `record ADDRESS FILE ...` asks this kernel the questions of recordings, and prints where its answers are others. Otherwise one line of
// JSON a test is printed: {"test", "outcome": "pass|fail|skip", "message", "milliseconds"}. Tests run one after another, since they share the
// guest's functions, of which each has one owner. Arguments name the only tests or classes to run; "ordinary" is all that are not explicit.
if (args is ["record", ..])
{
    for (var i = 1; i + 1 < args.Length; i += 2)
        RecordingComparison.Print(args[i], args[i + 1], Console.Out);
    return 0;
}

var failures = 0;
var withOrdinary = args.Length == 0 || args.Contains("ordinary");
foreach (var test in GuestTest.All.Where(test => (withOrdinary && !test.IsExplicit) || args.Contains(test.Name) || args.Contains(test.ClassName)))
{
    var result = await test.Run();
    Console.WriteLine(JsonSerializer.Serialize(result, GuestJson.Default.GuestTestResult));
    if (result.Outcome == GuestTestResult.Fail)
        failures++;
}

return failures == 0 ? 0 : 1;
