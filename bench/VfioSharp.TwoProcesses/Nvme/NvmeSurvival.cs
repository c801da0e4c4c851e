using System.Diagnostics;
using System.Globalization;
using VfioSharp.Nvme;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>
/// Kills the controller's process by SIGKILL in the middle of verified writes, again and again, starts it again on the same images, connects again, and looks whether a write
/// that was acknowledged is lost.
/// </summary>
internal sealed class NvmeSurvival
{
    private const int Depth = 4;
    private const long ImageSizeInBytes = 16 << 20;

    /// <summary>Within which time every command under way has to end.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly string _program;
    private readonly NvmeServerPlan _plan;
    private readonly VerifiedTraffic[] _traffic;

    /// <summary>Makes images of zeros.</summary>
    /// <param name="program">This program's file.</param>
    /// <param name="folder">Where images and socket are made.</param>
    /// <param name="seed">What chance follows from.</param>
    public NvmeSurvival(string program, string folder, int seed)
    {
        _program = program;
        _plan = new NvmeServerPlan(
            Path.Combine(folder, "socket"),
            [
                ServedImage.Create(Path.Combine(folder, "disk-512"), ImageSizeInBytes, 512),
                ServedImage.Create(Path.Combine(folder, "disk-4096"), ImageSizeInBytes, 4096),
            ]);
        _traffic = [.. _plan.Images.Select((image, index) => new VerifiedTraffic(
            new StampedBlocks(0, (int)(ImageSizeInBytes / image.BlockSizeInBytes), image.BlockSizeInBytes), HashCode.Combine(seed, index)))];
    }

    /// <summary>Kills.</summary>
    /// <param name="kills">How often.</param>
    /// <param name="traffic">How long the traffic runs before each.</param>
    /// <exception cref="MeasurementException">An acknowledged write was lost, or the driver did not notice in time.</exception>
    public async Task<NvmeSurvivalReport> RunAsync(int kills, TimeSpan traffic)
    {
        var longest = TimeSpan.Zero;
        var server = _plan.Start(_program);
        try
        {
            for (var kill = 0; kill < kills; kill++)
            {
                await using (var controller = await ConnectAsync())
                {
                    var runs = _traffic.Select((part, index) => part.RunAsync(new NamespaceTarget(controller.Namespaces[index]), Depth, CancellationToken.None)).ToArray();
                    await Task.Delay(traffic);
                    var killedAt = Stopwatch.GetTimestamp();
                    server.Kill();
                    foreach (var run in runs)
                        await RequireDisconnected(run);
                    var noticed = Stopwatch.GetElapsedTime(killedAt);
                    longest = noticed > longest ? noticed : longest;
                }

                server.Dispose();
                server = _plan.Start(_program);
                await using var again = await ConnectAsync();
                for (var index = 0; index < _traffic.Length; index++)
                    await _traffic[index].VerifyAsync(again.Namespaces[index]);
            }
        }
        finally
        {
            server.Dispose();
        }

        return longest <= Limit
            ? new NvmeSurvivalReport(kills, _traffic.Sum(part => part.Commands), longest.TotalMilliseconds)
            : throw new MeasurementException(string.Create(CultureInfo.InvariantCulture, $"The driver noticed after {longest.TotalMilliseconds:F0} ms."));
    }

    private Task<NvmeController> ConnectAsync() => NvmeController.OpenAsync($"vfio-user:{_plan.Socket}");

    private static async Task RequireDisconnected(Task run)
    {
        try
        {
            await run.WaitAsync(10 * Limit);
        }
        catch (NvmeException failure) when (failure.Reason == NvmeFailure.Disconnected)
        {
            return;
        }
        catch (TimeoutException)
        {
            throw new MeasurementException("Commands of a server that was killed do not end.");
        }

        throw new MeasurementException("The traffic ended as if the server were there.");
    }
}

/// <summary>How often the server was killed, how many verified commands there were, and how long it took at most until every command under way had ended.</summary>
internal sealed record NvmeSurvivalReport(int Kills, long Commands, double NoticedMilliseconds)
{
    public string ToTable() => string.Create(CultureInfo.InvariantCulture, $"""
        Server killed {Kills} times under {Commands:N0} verified commands: no acknowledged write was lost.
        Every command under way had ended after {NoticedMilliseconds:F1} ms at most.
        """);
}
