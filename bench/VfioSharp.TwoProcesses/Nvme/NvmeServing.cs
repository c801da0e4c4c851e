using VfioSharp.Emulation.Nvme;
using VfioSharp.Emulation.VfioUser;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>What the second process does as an NVMe controller: it serves until its standard input ends.</summary>
internal static class NvmeServing
{
    // While one pair of processes is measured, the server of another is not to take a processor away: it spins as long as commands follow one another.
    private static readonly TimeSpan SpinLimit = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(50);

    public static void Run(NvmeServerPlan plan)
    {
        using var function = new NvmeFunction(new NvmeFunctionOptions
        {
            Images = [.. plan.Images.Select(image => NvmeImage.Open(image.Path, new NvmeImageOptions { BlockSizeInBytes = image.BlockSizeInBytes }))],
            Doorbells = plan.Doorbells,
        });
        var options = plan.IsSpinning ? new VfioUserServerOptions { PollingSpin = SpinLimit, LongestRest = LongestRest } : new VfioUserServerOptions();
        using var server = VfioUserServer.Listen(function, plan.Socket, options);
        ServingProcess.Answer();
    }
}
