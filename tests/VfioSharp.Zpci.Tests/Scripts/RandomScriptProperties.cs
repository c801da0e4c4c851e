using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace VfioSharp.Zpci.Tests.Scripts;

public sealed class RandomScriptProperties
{
    private static readonly string[] Hosts =
    [
        "linux-3.19,nomio", "linux-5.10,nomio,mmap=on", "linux-5.15,nomio,mmap=on", "linux-6.7,mio,mmap=on", "linux-6.11,nomio,mmap=on,fault=on", "linux-6.12,nomio",
        "linux-6.12,mio", "linux-6.15,nomio", "linux-6.15,mio,fit=size", "linux-7.2,nomio", "linux-7.2,nomio,fault=off", "linux-7.2,mio", "linux-7.2,mio,fit=off",
    ];

    // The script is made of a seed, so that a shorter one is the beginning of a longer one and a failure shrinks to its last step.
    [Property(MaxTest = 300)]
    public Property No_script_breaks_what_must_hold() => Prop.ForAll(
        Gen.Elements(Hosts).ToArbitrary(),
        ArbMap.Default.ArbFor<(bool ReportsMio, int Seed)>(),
        Gen.Choose(0, 400).ToArbitrary(),
        (host, machine, count) =>
        {
            using var script = new RandomScript(host, machine.ReportsMio, machine.Seed);
            script.Play(count);
        });

    [Fact]
    public void Scripts_reach_the_function_by_every_way_that_a_host_has()
    {
        foreach (var host in Hosts)
        {
            var reached = Enumerable.Range(0, 20).Sum(seed =>
            {
                using var script = new RandomScript(host, reportsMio: true, seed);
                script.Play(400);
                return script.AccessCount;
            });
            Assert.InRange(reached, 200, int.MaxValue);
        }
    }
}
