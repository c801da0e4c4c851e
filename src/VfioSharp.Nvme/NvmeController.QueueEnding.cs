using VfioSharp.Nvme.Commands;
using VfioSharp.Nvme.Diagnostics;
using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

// The end of queue pairs: deleted at the controller one by one (NVMe Base 2.0, 5.6 and 5.7), or all of them with it.
public sealed partial class NvmeController
{
    private void Forget(int id)
    {
        lock (_pairs)
            _pairs.Remove(id);
    }

    async Task IQueueOwner.DeleteAsync(NvmeQueuePair pair)
    {
        // It may have gone with a reset, and its number be another's.
        if (!Knows(pair))
            return;
        if (await TryDeleteAsync(pair.Id).ConfigureAwait(false) is { } failure)
            await RecoverAsync(pair, failure).ConfigureAwait(false);
        else
            _logger.QueueDeleted(Address, pair.Id);
    }

    /// <summary>Deletes both queues of a number at the controller, and frees the number.</summary>
    /// <returns>Why that did not succeed: the queues, or one of them, may still be there. Null where they are gone.</returns>
    private async Task<NvmeException?> TryDeleteAsync(int id)
    {
        try
        {
            await DeleteAsync(AdminCommand.DeleteSubmissionQueue(id)).ConfigureAwait(false);
            await DeleteAsync(AdminCommand.DeleteCompletionQueue(id)).ConfigureAwait(false);
            Forget(id);
            return null;
        }
        catch (Exception exception) when (exception is NvmeException or ObjectDisposedException)
        {
            _logger.QueueNotDeleted(exception, Address, id);
            return exception as NvmeException ?? new NvmeException(NvmeFailure.Reset, exception.Message, exception);
        }
    }

    // A queue that is not there is as good as one that was deleted.
    private async Task DeleteAsync(SubmissionEntry command)
    {
        try
        {
            await ExecuteAsync(command, CancellationToken.None).ConfigureAwait(false);
        }
        catch (NvmeException exception) when (exception.Status is { Code: StatusCode.InvalidQueueIdentifier })
        {
            _logger.QueueNotThere(Address, (int)(command.Dword10.Value & 0xffff));
        }
    }

    /// <summary>Deletes every queue, in order, before a shutdown. What the controller does not delete ends with it.</summary>
    private async Task DeleteAllQueuesAsync()
    {
        foreach (var pair in LivePairs())
        {
            if (await TryDeleteAsync(pair.Id).ConfigureAwait(false) is null)
                pair.Fail(Down());
        }
    }

    /// <summary>Ends the commands of every queue. The controller has stopped.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="culprit">The queue pair whose command is the reason, where it is a command; the others end because of the reset.</param>
    private void FailQueues(NvmeException reason, NvmeQueuePair? culprit)
    {
        var others = reason.Reason == NvmeFailure.TimedOut ? new NvmeException(NvmeFailure.Reset, $"{Address} is reset: {reason.Message}", reason) : reason;
        foreach (var pair in LivePairs())
            pair.Fail(pair == culprit ? reason : others);
        _admin?.Fail(_admin == culprit ? reason : others);
    }

    /// <summary>Gives back the queue pairs that are the controller's own; those of callers are theirs to dispose of.</summary>
    private async Task DisposeQueuesAsync()
    {
        List<NvmeQueuePair> own;
        lock (_pairs)
        {
            own = [.. _abandoned];
            _abandoned.Clear();
            _pairs.Clear();
        }

        if (_default is not null)
            own.Add(_default);
        if (_admin is not null)
            own.Add(_admin);
        Volatile.Write(ref _default, null);
        Volatile.Write(ref _takesCommands, false);
        Volatile.Write(ref _admin, null);
        MaxQueuePairs = 0;
        foreach (var pair in own)
            await pair.DisposeAsync().ConfigureAwait(false);
    }

    private bool Knows(NvmeQueuePair pair)
    {
        if (pair.Id == 0)
            return _admin == pair;
        lock (_pairs)
            return _pairs.TryGetValue(pair.Id, out var known) && known == pair;
    }

    private List<NvmeQueuePair> LivePairs()
    {
        lock (_pairs)
            return [.. _pairs.Values.OfType<NvmeQueuePair>()];
    }
}
