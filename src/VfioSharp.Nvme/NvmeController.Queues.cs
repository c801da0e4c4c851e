using VfioSharp.Interrupts;
using VfioSharp.Nvme.Commands;
using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Regions;

namespace VfioSharp.Nvme;

// I/O queue pairs: a submission queue and a completion queue of the same number (NVMe Base 2.0, 5.4 and 5.5), numbers reused when they are free.
public sealed partial class NvmeController : IQueueOwner
{
    // CC.CSS: what ChooseCommandSet answers.
    private const int SeveralCommandSets = 6;
    private const int AdminCommandsOnly = 7;

    // The queues that exist at the controller, or are about to, by number.
    private readonly Dictionary<int, NvmeQueuePair?> _pairs = [];
    private readonly List<NvmeQueuePair> _abandoned = [];
    private NvmeQueuePair? _default;

    string IQueueOwner.Address => Address;

    /// <summary>The queue pair that namespaces use, from any thread.</summary>
    /// <exception cref="NvmeException">The controller does not run, or has no I/O queues.</exception>
    internal NvmeQueuePair DefaultQueue => Volatile.Read(ref _default) ?? throw NotRunning();

    /// <summary>Makes a queue pair, for a thread that wants its own way to the controller.</summary>
    /// <param name="options">How; null for the defaults. A queue pair by interrupt for which the function has no vector left is polled instead.</param>
    /// <param name="cancellationToken">Ends the commands that create it.</param>
    /// <returns>The queue pair, which the caller owns. It ends with the next reset: see <see cref="ResetAsync"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option has no meaning.</exception>
    /// <exception cref="NvmeException">
    /// There are <see cref="MaxQueuePairs"/> already (<see cref="NvmeFailure.NoQueue"/>), the controller refuses, or it does not run.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The controller is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="VfioException">There is no memory for it.</exception>
    public async Task<NvmeQueuePair> CreateQueuePairAsync(NvmeQueueOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new NvmeQueueOptions();
        options.Validate();
        await _lifecycle.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfDisposed();
            if (_failure is not null)
                throw NotRunning();
            return await CreatePairAsync(options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _lifecycle.Release();
        }
    }

    private async Task CreateDefaultQueueAsync(CancellationToken cancellationToken) =>
        Volatile.Write(ref _default, await CreatePairAsync(_options.DefaultQueue, cancellationToken).ConfigureAwait(false));

    private void StartAdminQueue()
    {
        var depth = Math.Min(_options.AdminQueueDepth, MostAdminEntries) - 1;
        var vector = _vectors?[0];
        var pair = new NvmeQueuePair(Describe(0, depth, vector, new NvmeQueueOptions { CommandTimeout = _options.AdminTimeout }) with
        {
            // AQA counts both queues in 12 bits, whatever CAP.MQES says of the others.
            MaxQueueEntries = MostAdminEntries,
            MaxTransferInBytes = Transfers.AdminBuffers.LengthInBytes,
        });
        Volatile.Write(ref _admin, pair);
        _registers.WriteAdminQueues(pair.SubmissionEntries, pair.CompletionEntries, pair.SubmissionQueueAddress, pair.CompletionQueueAddress);
        pair.Start();
    }

    // Holding _lifecycle, so that the controller does not stop half-way.
    private async Task<NvmeQueuePair> CreatePairAsync(NvmeQueueOptions options, CancellationToken cancellationToken)
    {
        var id = ReserveNumber();
        NvmeQueuePair pair;
        try
        {
            var vector = options.Completion == NvmeCompletionMode.Interrupt && _options.UseInterrupts ? _vectors?.FirstOrDefault(candidate => candidate.Number == id) : null;
            pair = new NvmeQueuePair(Describe(id, options.Depth, vector, options));
        }
        catch
        {
            Forget(id);
            throw;
        }

        try
        {
            var vectorNumber = pair.Vector?.Number;
            await ExecuteAsync(AdminCommand.CreateCompletionQueue(id, pair.CompletionEntries, pair.CompletionQueueAddress, vectorNumber), cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(AdminCommand.CreateSubmissionQueue(id, pair.SubmissionEntries, pair.SubmissionQueueAddress), cancellationToken).ConfigureAwait(false);
            lock (_pairs)
                _pairs[id] = pair;
            pair.Start();
            _logger.QueueCreated(Address, id, pair.SubmissionEntries);
            return pair;
        }
        catch
        {
            // Which of the two there are is not always known, of a cancelled command for instance: none of them is afterwards.
            if (await TryDeleteAsync(id).ConfigureAwait(false) is { } failure)
                Abandon(id, pair, failure);
            else
                await pair.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // The controller may still know the queues: their memory stays until it has stopped, which is asked for.
    private void Abandon(int id, NvmeQueuePair pair, NvmeException failure)
    {
        lock (_pairs)
        {
            _pairs[id] = pair;
            _abandoned.Add(pair);
        }

        ((IQueueOwner)this).BeginReset(pair, failure);
    }

    private QueuePairSetup Describe(int id, int depth, InterruptVector? vector, NvmeQueueOptions options) => new()
    {
        Owner = this,
        Id = (ushort)id,
        Registers = Device.Regions[RegionIndex.Bar0],
        DoorbellStrideInBytes = Capabilities.DoorbellStrideInBytes,
        Memory = Device.Dma,
        PageSizeInBytes = PageSizeInBytes,
        MaxTransferInBytes = MaxTransferInBytes,
        Depth = depth,
        MaxQueueEntries = Capabilities.MaxQueueEntries,
        Completion = vector is null && options.Completion == NvmeCompletionMode.Interrupt ? NvmeCompletionMode.Polled : options.Completion,
        Vector = vector,
        Continuations = options.Continuations,
        CommandTimeout = options.CommandTimeout ?? _options.CommandTimeout,
        Shadows = id == 0 ? null : _shadows,
        ControllerMemory = id == 0 ? null : _controllerMemory,
        UseSgl = id != 0 && Identity.HasSgls,
        Logger = _logger,
    };

    private int ReserveNumber()
    {
        lock (_pairs)
        {
            for (var id = 1; id <= MaxQueuePairs; id++)
            {
                if (_pairs.TryAdd(id, null))
                    return id;
            }
        }

        throw new NvmeException(
            NvmeFailure.NoQueue,
            MaxQueuePairs == 0
                ? $"{Address} has no I/O queues: it takes admin commands alone."
                : $"{Address} granted {MaxQueuePairs} queue pairs, the one that namespaces use included, and all of them are in use.");
    }
}
