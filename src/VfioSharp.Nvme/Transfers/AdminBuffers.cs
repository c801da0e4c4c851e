using VfioSharp.Dma;

namespace VfioSharp.Nvme.Transfers;

/// <summary>
/// Memory for the data of admin commands, all of one length: kept for the next command, made when there is none. A buffer comes back only when its
/// command has ended, and a command ends only when the controller has let go of its memory. Thread-safe.
/// </summary>
internal sealed class AdminBuffers(DmaSpace space) : IDisposable
{
    /// <summary>How long each is: what a log page can have in one piece without offsets.</summary>
    public const int LengthInBytes = 16384;

    private const int MostKept = 4;

    private readonly FreeBuffers _free = new(MostKept);

    /// <summary>Takes a buffer, whose content is what its last command left.</summary>
    /// <returns>The buffer, to be given back by <see cref="Return"/>.</returns>
    /// <exception cref="VfioException">There is no memory or no IOVA.</exception>
    /// <exception cref="ObjectDisposedException">The controller is disposed.</exception>
    public MappedBuffer Take() => _free.Take() ?? MappedBuffer.Allocate(space, LengthInBytes);

    /// <summary>Gives a buffer back.</summary>
    /// <param name="buffer">The buffer.</param>
    public void Return(MappedBuffer buffer) => _free.Keep(buffer);

    /// <summary>Gives the memory back; what is under way follows when it ends.</summary>
    public void Dispose() => _free.Dispose();
}
