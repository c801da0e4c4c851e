using System.Diagnostics;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Registers;

/// <summary>Waits for CSTS to change. No interrupt tells of it, so the register is read again and again, at intervals that grow.</summary>
internal static class StatusWait
{
    // An emulated controller is ready at once, a disk with flash to look through after seconds.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits.</summary>
    /// <param name="registers">The controller's registers.</param>
    /// <param name="isReached">Whether a status is the one that is waited for; may throw where that can never come.</param>
    /// <param name="timeout">How long at most. A status that is there by then counts, however late this thread came to look.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the status came within the time.</returns>
    /// <exception cref="NvmeException">Nobody answers.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<bool> ForAsync(
        ControllerRegisters registers, Func<ControllerStatus, bool> isReached, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var isLate = Stopwatch.GetElapsedTime(start) >= timeout;
            if (isReached(registers.ReadStatus()))
                return true;
            if (isLate)
                return false;
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            pause = pause + pause < LongestPause ? pause + pause : LongestPause;
        }
    }
}
