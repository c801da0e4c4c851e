using VfioSharp.Dma;

namespace VfioSharp.Nvme.Transfers;

/// <summary>
/// Memory that the controller reaches, for data that lies elsewhere. There are at most a number of buffers, made when they are first needed; whoever
/// finds all of them in use waits. Thread-safe.
/// </summary>
internal sealed class BounceBuffers : IDisposable
{
    private readonly DmaSpace _space;
    private readonly SemaphoreSlim _places;
    private readonly FreeBuffers _free;

    /// <summary>Makes the pool, and no buffer yet.</summary>
    /// <param name="space">The device's address space.</param>
    /// <param name="count">How many buffers there may be: at least 1.</param>
    public BounceBuffers(DmaSpace space, int count)
    {
        _space = space;
        _places = new SemaphoreSlim(count, count);
        _free = new FreeBuffers(count);
    }

    /// <summary>Takes a buffer.</summary>
    /// <param name="lengthInBytes">How long it has to be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The buffer, at least that long, to be given back by <see cref="Return"/> when the controller has let go of it.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The controller is disposed.</exception>
    /// <exception cref="VfioException">There is no memory or no IOVA.</exception>
    public async ValueTask<MappedBuffer> TakeAsync(int lengthInBytes, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var found = _free.Take();
            if (found is not null && found.LengthInBytes >= lengthInBytes)
                return found;
            // A controller that was reset may take longer transfers than before.
            found?.Dispose();
            return MappedBuffer.Allocate(_space, lengthInBytes);
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    /// <summary>Gives a buffer back.</summary>
    /// <param name="buffer">The buffer.</param>
    public void Return(MappedBuffer buffer)
    {
        _free.Keep(buffer);
        _places.Release();
    }

    /// <summary>Gives the memory back; what is in use follows when it is returned.</summary>
    public void Dispose() => _free.Dispose();
}
