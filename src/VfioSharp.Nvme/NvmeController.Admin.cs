using VfioSharp.Dma;
using VfioSharp.Nvme.Commands;
using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Specification;
using VfioSharp.Nvme.Transfers;

namespace VfioSharp.Nvme;

// The admin queue (NVMe Base 2.0, 3.3.1.1): a queue pair of number 0, whose commands may come from any thread.
public sealed partial class NvmeController
{
    private const int FeatureDataLimitInBytes = 4096;
    private static readonly TimeSpan ShutdownTimeoutBeforeIdentify = TimeSpan.FromSeconds(5);

    private readonly AdminBuffers _adminBuffers;
    private NvmeQueuePair? _admin;
    private bool _takesCommands;
    private int _aborts;

    // The queue is made before CC.EN is set (3.5.1), and a doorbell of a controller that is not ready means nothing. Looked for first: of one that has gone
    // since a caller hears as of a reset.
    private NvmeQueuePair Admin => Volatile.Read(ref _admin) is { } admin && Volatile.Read(ref _takesCommands) ? admin : throw NotRunning();

    // MDTS limits what Identify, Get Log Page and features move, too. Before it is known, one page is always allowed.
    private int AdminTransferLimitInBytes => Math.Min(AdminBuffers.LengthInBytes, _identity?.MaxTransferInBytes ?? (_identity is null ? 4096 : int.MaxValue));

    /// <summary>
    /// Formats a namespace, which destroys what it holds (Format NVM; NVMe Base 2.0, 5.14), and reads <see cref="NvmeNamespace.Identity"/> anew. Where
    /// the controller formats all of its namespaces at once (FNA, bit 0), it does.
    /// </summary>
    /// <param name="namespace">The namespace. Nobody else uses it meanwhile.</param>
    /// <param name="format">The number of the format: see <see cref="NamespaceIdentity.FindFormat"/>. Metadata, where it has some, lies apart.</param>
    /// <param name="erase">What becomes of the data.</param>
    /// <param name="cancellationToken">Aborts the command, where the controller lets it be aborted.</param>
    /// <returns>A task that ends when the namespace is formatted.</returns>
    /// <exception cref="ArgumentException">The namespace is another controller's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The namespace has no such format, or there is no such way to erase.</exception>
    /// <exception cref="NvmeException">The controller does not have the command, refuses, or takes longer than <see cref="NvmeOptions.FormatTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task FormatAsync(
        NvmeNamespace @namespace, int format, SecureErase erase = SecureErase.None, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(@namespace);
        if (@namespace.Controller != this)
            throw new ArgumentException($"The {@namespace} is not one of {Address}.", nameof(@namespace));
        if (format < 0 || format > @namespace.Identity.Structure.FormatCount)
            throw new ArgumentOutOfRangeException(nameof(format), format, $"The {@namespace} has the formats 0 to {@namespace.Identity.Structure.FormatCount}.");
        if (erase is not (SecureErase.None or SecureErase.UserData or SecureErase.Cryptographic))
            throw new ArgumentOutOfRangeException(nameof(erase), erase, "There is no such way to erase.");
        if ((Identity.AdminCommands & OptionalAdminCommand.Format) == 0)
            throw NotOffered("format namespaces (OACS)");
        await ExecuteAsync(AdminCommand.FormatNvm(@namespace.Id, format, erase), default, _options.FormatTimeout, cancellationToken).ConfigureAwait(false);
        await RefreshNamespacesAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends any admin command that has no data, and waits for its completion.</summary>
    /// <param name="command">The command, without identifier.</param>
    /// <param name="cancellationToken">Aborts it.</param>
    /// <returns>What the controller answered, which is success.</returns>
    /// <exception cref="NvmeException">The controller completed it with an error, or did not complete it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    private Task<CommandResult> ExecuteAsync(SubmissionEntry command, CancellationToken cancellationToken) =>
        ExecuteAsync(command, default, null, cancellationToken);

    private async Task<CommandResult> ExecuteAsync(SubmissionEntry command, DmaMemory data, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var queue = Admin;
        NvmeMetrics.Commands.Add(1, NvmeMetrics.AdminQueue);
        CommandResult result;
        try
        {
            result = await queue.SubmitAsync(in command, data, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectDisposedException exception) when (queue.IsDisposed)
        {
            // It went between being found and the command being in it: of a reset, which may be over by now, or with the controller.
            throw _isDisposed || Failure is not null ? NotRunning() : new NvmeException(NvmeFailure.Reset, $"{Address} was reset before it had the command.", exception);
        }

        if (result.Status.IsSuccess)
            return result;
        NvmeMetrics.Errors.Add(1, NvmeMetrics.AdminQueue);
        throw CommandText.Failed(in command, queue, result.Status);
    }

    /// <summary>Sends an admin command whose data the controller writes.</summary>
    /// <param name="command">The command, without identifier and data pointers.</param>
    /// <param name="destination">Takes the data; at most <see cref="AdminBuffers.LengthInBytes"/>. What the controller leaves alone is zero.</param>
    /// <param name="cancellationToken">Aborts it.</param>
    private async Task<CommandResult> ReceiveAsync(SubmissionEntry command, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var buffer = _adminBuffers.Take();
        try
        {
            // At least a page, as for what is sent.
            var data = buffer.Memory.Slice(0, Math.Max(FeatureDataLimitInBytes, destination.Length));
            data.Span.Clear();
            var result = await ExecuteAsync(command, data, null, cancellationToken).ConfigureAwait(false);
            data.Span[..destination.Length].CopyTo(destination.Span);
            return result;
        }
        finally
        {
            _adminBuffers.Return(buffer);
        }
    }

    /// <summary>Sends an admin command whose data the controller reads.</summary>
    /// <param name="command">The command, without identifier and data pointers.</param>
    /// <param name="source">The data; at most <see cref="FeatureDataLimitInBytes"/>.</param>
    /// <param name="cancellationToken">Aborts it.</param>
    private async Task<CommandResult> SendAsync(SubmissionEntry command, ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        var buffer = _adminBuffers.Take();
        try
        {
            // The controller takes as much as the feature has, whatever length the program thought of: a whole page is there for it.
            var data = buffer.Memory.Slice(0, FeatureDataLimitInBytes);
            data.Span.Clear();
            source.Span.CopyTo(data.Span);
            return await ExecuteAsync(command, data, null, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _adminBuffers.Return(buffer);
        }
    }

    void IQueueOwner.BeginAbort(NvmeQueuePair pair, ushort commandId)
    {
        // ACL (figure 275): a controller refuses more. The command that is not aborted runs into the reset that follows.
        if (Interlocked.Increment(ref _aborts) > (_identity?.AbortLimit ?? 1))
        {
            Interlocked.Decrement(ref _aborts);
            return;
        }

        _ = AbortAsync(pair.Id, commandId);
    }

    // Never fails: how an abort ends shows at the command that it was for.
    private async Task AbortAsync(int queueId, ushort commandId)
    {
        try
        {
            await ExecuteAsync(AdminCommand.Abort(queueId, commandId), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NvmeException or ObjectDisposedException)
        {
            _logger.NotAborted(exception, Address, queueId);
        }
        finally
        {
            Interlocked.Decrement(ref _aborts);
        }
    }

    private NvmeException NotOffered(string what) => new(NvmeFailure.Unsupported, $"{Address} cannot {what}.");

    private Exception NotRunning() => _isDisposed
        ? new ObjectDisposedException(GetType().FullName, $"The controller {Address} is disposed.")
        : _failure is { } failure
            ? new NvmeException(failure.Reason, failure.Message, failure)
            : new NvmeException(NvmeFailure.NotReady, $"{Address} is not initialised.");
}
