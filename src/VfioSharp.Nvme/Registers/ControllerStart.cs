using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme.Registers;

/// <summary>Starting and stopping a controller by CC.EN and CC.SHN (NVMe Base 2.0, 3.5.1 and 3.6), and what its registers allow.</summary>
internal static class ControllerStart
{
    private const int NvmCommandSet = 1 << 0;
    private const int SeveralCommandSets = 1 << 6;
    private const int NoCommandSet = 1 << 7;
    private const long PreferredPageSizeInBytes = 4096;

    // Some controllers say 0, which no controller keeps to; the specification knows no such thing as at once.
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Chooses the memory page: 4 KiB, or the closest that the controller has.</summary>
    /// <param name="capabilities">CAP.</param>
    /// <param name="device">The device, for messages.</param>
    /// <returns>Its size in bytes.</returns>
    /// <exception cref="NvmeException">The controller says that its smallest page is larger than its largest.</exception>
    public static int ChoosePageSize(ControllerCapabilities capabilities, string device)
    {
        if (capabilities.MinPageSizeInBytes > capabilities.MaxPageSizeInBytes)
        {
            throw new NvmeException(
                NvmeFailure.ProtocolViolation,
                $"{device} says that its memory pages have {capabilities.MinPageSizeInBytes} bytes at least and {capabilities.MaxPageSizeInBytes} at most (CAP.MPSMIN, CAP.MPSMAX).");
        }

        return (int)Math.Max(PreferredPageSizeInBytes, capabilities.MinPageSizeInBytes);
    }

    /// <summary>The logarithm of a page size.</summary>
    /// <param name="pageSizeInBytes">A power of two.</param>
    public static int PageShift(int pageSizeInBytes)
    {
        var shift = 0;
        while (pageSizeInBytes >> shift > 1)
            shift++;
        return shift;
    }

    /// <summary>Chooses what goes to CC.CSS (3.5.1, step 3).</summary>
    /// <param name="capabilities">CAP.</param>
    /// <param name="device">The device, for messages.</param>
    /// <returns>6 where the controller lets each namespace have a command set, 0 where it has NVM alone, 7 where it takes admin commands alone.</returns>
    /// <exception cref="NvmeException">The controller offers none of them.</exception>
    public static int ChooseCommandSet(ControllerCapabilities capabilities, string device)
    {
        if ((capabilities.CommandSets & SeveralCommandSets) != 0)
            return 6;
        if ((capabilities.CommandSets & NvmCommandSet) != 0)
            return 0;
        return (capabilities.CommandSets & NoCommandSet) != 0
            ? 7
            : throw new NvmeException(NvmeFailure.Unsupported, $"{device} offers no command set that this driver knows (CAP.CSS is 0x{capabilities.CommandSets:x2}).");
    }

    /// <summary>How long the controller may take to become ready: CAP.TO, or CRTO.CRWMT where that is there and longer, as Linux has it (nvme_enable_ctrl).</summary>
    /// <param name="registers">The registers.</param>
    /// <param name="capabilities">CAP.</param>
    /// <exception cref="NvmeException">Nobody answers.</exception>
    public static TimeSpan ReadTimeout(ControllerRegisters registers, ControllerCapabilities capabilities)
    {
        var timeout = capabilities.ReadyTimeout;
        if (capabilities.HasReadyTimeouts && registers.ReadReadyTimeout() is var told && told > timeout)
            timeout = told;
        return timeout > ShortestTimeout ? timeout : ShortestTimeout;
    }

    /// <summary>Clears CC.EN, which resets the controller (3.7.2), and waits until CSTS.RDY is 0. A controller that is not enabled is left alone.</summary>
    /// <param name="registers">The registers.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <returns>Whether it stopped in time. Until it has it may reach memory.</returns>
    /// <exception cref="NvmeException">Nobody answers.</exception>
    /// <remarks>Not to be cancelled: a controller that is left between the two is of no use to the next driver either.</remarks>
    public static async Task<bool> StopAsync(ControllerRegisters registers, TimeSpan timeout)
    {
        var configuration = registers.ReadConfiguration();
        if (configuration.IsEnabled)
        {
            // 3.1.3.5: EN must not be cleared while the controller is on its way to become ready, unless it has failed.
            await StatusWait.ForAsync(registers, status => status.IsReady || status.IsFatal || status.Shutdown != ShutdownStatus.Normal, timeout, CancellationToken.None).ConfigureAwait(false);
            registers.WriteConfiguration(configuration.WithShutdown(ShutdownNotification.None).WithEnabled(false));
        }

        return await StatusWait.ForAsync(registers, status => !status.IsReady, timeout, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Sets CC.EN and waits until CSTS.RDY is 1.</summary>
    /// <param name="registers">The registers of a controller that is stopped and has been told its admin queues.</param>
    /// <param name="configuration">CC, with EN set.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="device">The device, for messages.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NvmeException">The controller failed, is not ready in time, or nobody answers.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task RunAsync(
        ControllerRegisters registers, ControllerConfiguration configuration, TimeSpan timeout, string device, CancellationToken cancellationToken)
    {
        // Everything but EN first: it must not change with EN (3.1.3.5).
        registers.WriteConfiguration(configuration.WithEnabled(false));
        registers.WriteConfiguration(configuration);
        var isReady = await StatusWait.ForAsync(
            registers,
            status => status.IsFatal ? throw Fatal(device) : status.IsReady,
            timeout,
            cancellationToken).ConfigureAwait(false);
        if (!isReady)
            throw new NvmeException(NvmeFailure.NotReady, $"{device} did not become ready within {timeout.TotalSeconds:0.###} s, the time that it states (CAP.TO).");
    }

    /// <summary>Sets CC.SHN and waits until CSTS.SHST says that the shutdown is done (3.6.1).</summary>
    /// <param name="registers">The registers.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <returns>Whether it is done.</returns>
    /// <exception cref="NvmeException">Nobody answers.</exception>
    public static Task<bool> ShutDownAsync(ControllerRegisters registers, TimeSpan timeout)
    {
        registers.WriteConfiguration(registers.ReadConfiguration().WithShutdown(ShutdownNotification.Normal));
        return StatusWait.ForAsync(
            registers, status => status.IsFatal || status.Shutdown == ShutdownStatus.Complete, timeout, CancellationToken.None);
    }

    /// <summary>What is thrown where CSTS.CFS is set.</summary>
    public static NvmeException Fatal(string device) => new(
        NvmeFailure.ControllerFatal, $"{device} reports a fatal error (CSTS.CFS) and takes no commands; a reset of the controller may bring it back.");
}
