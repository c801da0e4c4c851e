using VfioSharp.Dma;

namespace VfioSharp.Nvme.Transfers;

/// <summary>Buffers that wait for their next use, up to a number; owned here meanwhile. Thread-safe.</summary>
/// <param name="mostKept">How many are kept at most.</param>
internal sealed class FreeBuffers(int mostKept) : IDisposable
{
    private readonly Stack<MappedBuffer> _free = new();
    private bool _isDisposed;

    /// <summary>Takes the buffer that was kept last, with the content that it had.</summary>
    /// <returns>The buffer, now the caller's; null where none is kept.</returns>
    /// <exception cref="ObjectDisposedException">The controller is disposed.</exception>
    public MappedBuffer? Take()
    {
        lock (_free)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _free.Count > 0 ? _free.Pop() : null;
        }
    }

    /// <summary>Keeps a buffer, or gives its memory back where enough are kept or none are any more.</summary>
    /// <param name="buffer">The buffer, which the controller has let go of.</param>
    public void Keep(MappedBuffer buffer)
    {
        lock (_free)
        {
            if (!_isDisposed && _free.Count < mostKept)
            {
                _free.Push(buffer);
                return;
            }
        }

        buffer.Dispose();
    }

    /// <summary>Gives the memory back; that of buffers in use follows when they come to be kept.</summary>
    public void Dispose()
    {
        MappedBuffer[] free;
        lock (_free)
        {
            _isDisposed = true;
            free = [.. _free];
            _free.Clear();
        }

        foreach (var buffer in free)
            buffer.Dispose();
    }
}
