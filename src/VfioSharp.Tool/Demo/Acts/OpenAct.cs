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
        var disk = stage.OpenDisk();
        var identity = disk.ReadIdentity();
        var elapsed = opening.Elapsed;
        Check.That(disk.Registers.Plan.Path == AccessPath.Message, stage.Address, "registers that act are reached by messages",
            $"the path is {disk.Registers.Plan.Path}.");
        Check.That(disk.Doorbells.Plan.Path == AccessPath.LoadStore, stage.Address, "doorbells in shared memory are reached by loads and stores",
            $"the path is {disk.Doorbells.Plan.Path}.");
        return new OpenReport(
            stage.Address.ToString(),
            disk.Device.Config.VendorId,
            disk.Device.Config.DeviceId,
            DemoTime.Milliseconds(elapsed),
            identity,
            [Describe(disk.Doorbells), Describe(disk.Registers)]);
    }

    private static PlanReport Describe(RegionWindow window) => new(
        window.RegionName,
        window.RegionOffset,
        window.LengthInBytes,
        window.Plan.Path.ToString(),
        window.Plan.Reason,
        [.. window.Plan.RuledOut.Select(path => new RuledOutReport(path.Path.ToString(), path.Reason))]);
}
