using VfioSharp.Interrupts;
using VfioSharp.Nvme.Commands;
using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Identity;
using VfioSharp.Nvme.Registers;
using VfioSharp.Nvme.Specification;
using VfioSharp.Regions;

namespace VfioSharp.Nvme;

// NVMe Base 2.0, 3.5.1, and what the driver sets up once the controller takes commands. Whatever is made here is taken down by StopAsync, which
// also cleans up after an initialisation that failed half-way.
public sealed partial class NvmeController
{
    // AQA has 12 bits for each size (3.1.3.8).
    private const int MostAdminEntries = 4096;
    private const int DoorbellsPerPair = 2;

    private InterruptVectors? _vectors;
    private ShadowDoorbells? _shadows;
    private ControllerMemoryBuffer? _controllerMemory;
    private TimeSpan _readyTimeout;

    private bool HasIoQueues => MaxQueuePairs > 0;

    private async Task InitialiseAsync(CancellationToken cancellationToken)
    {
        Device.Config.EnableMemory();
        Device.Config.EnableBusMaster();
        ReadLimits();
        await StopControllerAsync().ConfigureAwait(false);
        var commandSet = ControllerStart.ChooseCommandSet(Capabilities, Address);
        EnableVectors();
        StartAdminQueue();
        var configuration = ControllerConfiguration.Enabled(ControllerStart.PageShift(PageSizeInBytes), commandSet);
        await ControllerStart.RunAsync(_registers, configuration, _readyTimeout, Address, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _takesCommands, true);
        await IdentifyControllerAsync(cancellationToken).ConfigureAwait(false);
        CommandLimits = commandSet == SeveralCommandSets ? await ReadCommandLimitsAsync(cancellationToken).ConfigureAwait(false) : CommandSetLimits.None;
        if (commandSet != AdminCommandsOnly)
            await NegotiateQueuesAsync(cancellationToken).ConfigureAwait(false);
        if (HasIoQueues)
        {
            await ConfigureShadowDoorbellsAsync(cancellationToken).ConfigureAwait(false);
            OpenControllerMemory();
            await CreateDefaultQueueAsync(cancellationToken).ConfigureAwait(false);
            await RefreshNamespacesAsync(cancellationToken).ConfigureAwait(false);
        }

        await StartKeepAliveAsync(cancellationToken).ConfigureAwait(false);
        await StartEventsAsync(cancellationToken).ConfigureAwait(false);
    }

    private void ReadLimits()
    {
        Capabilities = _registers.ReadCapabilities();
        Version = _registers.ReadVersion();
        if (Capabilities.MaxQueueEntries < 2)
            throw new NvmeException(NvmeFailure.ProtocolViolation, $"{Address} says that its queues have one entry at most (CAP.MQES is 0); two is the least that there is.");
        PageSizeInBytes = ControllerStart.ChoosePageSize(Capabilities, Address);
        _readyTimeout = ControllerStart.ReadTimeout(_registers, Capabilities);
    }

    // Which of MSI-X and MSI; polled where there is neither. INTx would have to be masked and unmasked for each completion. The admin queue has the
    // first vector in any case: requests for events are outstanding all the time, and polling for them would take a processor.
    private void EnableVectors()
    {
        var source = Device.Interrupts.Msix is { IsPresent: true } msix ? msix : Device.Interrupts.Msi;
        if (!source.IsPresent)
            return;
        var count = _options.UseInterrupts ? Math.Min(source.Description.Count, _options.QueuePairs + 1) : 1;
        try
        {
            _vectors = source.Enable(count);
        }
        catch (VfioException exception) when (count > 1)
        {
            // The host has fewer vectors to give, or MSI wants a power of two: the admin queue's is what matters most.
            _logger.DoesWithout(exception, Address, $"{count} interrupt vectors");
            _vectors = source.Enable(1);
        }
    }

    private async Task IdentifyControllerAsync(CancellationToken cancellationToken)
    {
        var bytes = await IdentifyRawAsync(IdentifyKind.Controller, cancellationToken: cancellationToken).ConfigureAwait(false);
        var identity = ControllerIdentity.Parse(bytes, Capabilities.MinPageSizeInBytes);
        var limit = Math.Min(_options.MaxTransferInBytes, identity.MaxTransferInBytes ?? int.MaxValue);
        MaxTransferInBytes = Math.Max(PageSizeInBytes, limit & ~(PageSizeInBytes - 1));
        Volatile.Write(ref _identity, identity);
    }

    private async Task<CommandSetLimits> ReadCommandLimitsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var bytes = await IdentifyRawAsync(IdentifyKind.CommandSetController, cancellationToken: cancellationToken).ConfigureAwait(false);
            return CommandSetLimits.Parse(bytes, Capabilities.MinPageSizeInBytes);
        }
        catch (NvmeException exception) when (exception.Reason == NvmeFailure.CommandFailed)
        {
            _logger.DoesWithout(exception, Address, "the limits of the NVM command set");
            return CommandSetLimits.None;
        }
    }

    // Set Features, Number of Queues (5.27.1.5): the controller answers how many it grants of each kind, less one, which may be more or fewer.
    private async Task NegotiateQueuesAsync(CancellationToken cancellationToken)
    {
        var asked = _options.QueuePairs;
        var room = (Device.Regions[RegionIndex.Bar0].SizeInBytes - NvmeRegister.FirstDoorbell) / (ulong)(DoorbellsPerPair * Capabilities.DoorbellStrideInBytes);
        if (room < 2)
            throw new NvmeException(NvmeFailure.ProtocolViolation, $"The BAR 0 of {Address} has no room for the doorbells of an I/O queue.");
        asked = (int)Math.Min((ulong)asked, room - 1);
        var value = (uint)(asked - 1) | (uint)(asked - 1) << 16;
        var granted = await SetFeatureAsync(FeatureId.NumberOfQueues, value, 0, cancellationToken).ConfigureAwait(false);
        MaxQueuePairs = (int)Math.Min((uint)asked, Math.Min(granted & 0xffff, granted >> 16) + 1);
        _logger.QueuesGranted(Address, MaxQueuePairs, _options.QueuePairs);
    }

    // 5.8. Before there are I/O queues, so that each of them knows its doorbells from its beginning.
    private async Task ConfigureShadowDoorbellsAsync(CancellationToken cancellationToken)
    {
        if (!_options.UseShadowDoorbells || (Identity.AdminCommands & OptionalAdminCommand.DoorbellBuffer) == 0)
            return;
        var shadows = new ShadowDoorbells(Device.Dma, PageSizeInBytes, Capabilities.DoorbellStrideInBytes);
        try
        {
            await ExecuteAsync(AdminCommand.DoorbellBufferConfig(shadows.Values.Value, shadows.EventIndexes.Value), cancellationToken).ConfigureAwait(false);
            _shadows = shadows;
        }
        catch (NvmeException exception) when (exception.Reason == NvmeFailure.CommandFailed)
        {
            shadows.Dispose();
            _logger.DoesWithout(exception, Address, "doorbells in memory");
        }
        catch
        {
            // The controller may have taken the pages: they go when it has stopped.
            _shadows = shadows;
            throw;
        }
    }

    private void OpenControllerMemory()
    {
        if (!_options.UseControllerMemory)
            return;
        _controllerMemory = ControllerMemoryBuffer.TryOpen(Device, Capabilities, out var obstacle);
        if (_controllerMemory is null)
            _logger.HasNoControllerMemory(Address, obstacle!);
    }
}
