using BenchmarkDotNet.Running;
using VfioSharp.Bench;

// "compare" is for bench/run; anything else goes to BenchmarkDotNet: --filter '*', --job short, ...
if (args is ["compare"])
{
    using var bar = new Bar();
    new Comparison(bar).Run();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(RegisterBenchmarks).Assembly).Run(args);
