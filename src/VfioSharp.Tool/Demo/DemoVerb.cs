using System.CommandLine;
using VfioSharp.Tool.Demo.Reporting;
using VfioSharp.Tool.Manual;

namespace VfioSharp.Tool.Demo;

/// <summary>`vfio demo`.</summary>
internal static class DemoVerb
{
    public static Command Create(ToolHost host)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var verb = new VerbCommand("demo", "Show what the library does, on a machine that needs no device, no VFIO and no root", $"""
            Starts `vfio serve {DemoDisk.FunctionName}` as a process of its own, an NVMe controller on an image of a disk, and drives it:
            opens it, says how its registers are reached and why, times reads by messages and by loads, lets the NVMe driver
            have it, writes data and reads it back, measures how many blocks are read a second, by looking and by
            interrupts, kills the process while three threads read, starts it again and finds the data. Then it opens the
            same kind of controller, and IBM's ISM, on modelled IBM Z hosts: kernels that let a BAR be mapped, and others.

            Whatever it prints it has measured, or seen and compared. The first thing that is not as it should be ends it
            with exit code 1. It takes some seconds and leaves nothing behind. The socket and the image lie in a folder of
            their own under TMPDIR, /tmp by default, that no other user can enter.

            JSON has a member for each act, null where it was not reached, and "failure" with the act and the reason.
            """)
        {
            json,
        };
        verb.SetVerb(async (parsed, cancellation) =>
        {
            var printsJson = parsed.GetValue(json);
            var text = printsJson ? null : new DemoText(host);
            var report = await DemoPlay.PerformAsync(host, text, cancellation);
            if (printsJson)
                host.Output.WriteLine(DemoJson.Serialize(report));
            if (report.Failure is { } failure)
                throw new VfioException("finish the demonstration", null, Errno.None, $"its act '{failure.Act}' failed: {failure.Reason}");
            text?.WriteEnd(report);
        });
        return verb;
    }
}
