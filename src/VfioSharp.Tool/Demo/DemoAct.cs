using VfioSharp.Tool.Demo.Reporting;

namespace VfioSharp.Tool.Demo;

/// <summary>A part of the demonstration.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="PerformAsync">Does it, and adds what came of it to the report.</param>
/// <param name="Tell">Prints what came of it.</param>
internal sealed record DemoAct(string Name, Func<DemoStage, DemoReport, Task<DemoReport>> PerformAsync, Action<DemoText, DemoReport> Tell);
