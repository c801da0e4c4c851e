using System.Diagnostics;
using VfioSharp.Regions;
using VfioSharp.Tool.Demo.Reporting;
using VfioSharp.Tool.Reports;

namespace VfioSharp.Tool.Demo.Acts;

/// <summary>Opens the function, and asks how its registers are reached.</summary>
internal static class OpenAct
{
    public static OpenReport Perform(DemoStage stage)
    {
        var opening = Stopwatch.StartNew();
        var driver = stage.OpenFunction();
        var identity = driver.ReadIdentity();
        var elapsed = opening.Elapsed;
        Check.That(driver.Registers.Plan.Path == AccessPath.Message, stage.Address, "registers that act are reached by messages",
            $"the path is {driver.Registers.Plan.Path}.");
        Check.That(driver.SharedMemory.Plan.Path == AccessPath.LoadStore, stage.Address, "shared memory is reached by loads and stores",
            $"the path is {driver.SharedMemory.Plan.Path}.");
        return new OpenReport(
            stage.Address.ToString(),
            driver.Device.Config.VendorId,
            driver.Device.Config.DeviceId,
            DemoTime.Milliseconds(elapsed),
            identity,
            [Describe(driver.SharedMemory), Describe(driver.Registers)]);
    }

    private static PlanReport Describe(RegionWindow window) => new(
        window.RegionName,
        window.RegionOffset,
        window.LengthInBytes,
        window.Plan.Path.ToString(),
        window.Plan.Reason,
        [.. window.Plan.RuledOut.Select(path => new RuledOutReport(path.Path.ToString(), path.Reason))]);
}
