using VfioSharp.Dma;
using VfioSharp.Nvme;

namespace VfioSharp.Tool.Nvme.Transfers;

/// <summary>
/// Memory for several commands under way at once, which are begun and awaited in turns: the transfer's first piece goes through the first slot, and
/// so on around. Not for several threads.
/// </summary>
internal sealed class TransferSlots : IDisposable
{
    private const int MostSlots = 8;

    // Eight of them stay below the memory that an ordinary user may lock.
    private const int LongestPieceInBytes = 256 * 1024;

    private readonly List<MappedBuffer> _buffers = [];
    private readonly Task<int>?[] _commands;

    /// <summary>Allocates the memory.</summary>
    /// <param name="controller">The controller that is to reach it.</param>
    /// <param name="range">What is to be transferred.</param>
    /// <exception cref="VfioException">There is no memory, or it cannot be mapped.</exception>
    public TransferSlots(NvmeController controller, BlockRange range)
    {
        var longest = Math.Max(range.Namespace.BlockSizeInBytes, Math.Min(controller.MaxTransferInBytes, LongestPieceInBytes));
        PieceLength = longest - longest % range.Namespace.BlockSizeInBytes;
        var pieces = (range.LengthInBytes + (ulong)PieceLength - 1) / (ulong)PieceLength;
        Count = (int)Math.Min(pieces, MostSlots);
        _commands = new Task<int>[Count];
        try
        {
            for (var slot = 0; slot < Count; slot++)
                _buffers.Add(controller.AllocateBuffer(PieceLength));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How many bytes a piece has, the last one excepted; whole blocks.</summary>
    public int PieceLength { get; }

    /// <summary>How many commands can be under way at once.</summary>
    public int Count { get; }

    /// <summary>The memory of a piece whose slot has no command under way.</summary>
    public DmaMemory MemoryOf(ulong piece) => _buffers[SlotOf(piece)].Memory.Slice(0, PieceLength);

    /// <summary>Notes the command that a piece has.</summary>
    public void Begin(ulong piece, ValueTask<int> command) => _commands[SlotOf(piece)] = command.AsTask();

    /// <summary>Waits for the command of a piece.</summary>
    /// <exception cref="NvmeException">It failed.</exception>
    public async Task EndAsync(ulong piece)
    {
        var slot = SlotOf(piece);
        await _commands[slot]!;
        _commands[slot] = null;
    }

    /// <summary>Waits until no command is under way any more, however they end: what the transfer failed by is thrown already.</summary>
    public async Task SettleAsync() => await Task.WhenAny(Task.WhenAll(_commands.OfType<Task<int>>()));

    /// <summary>Gives the memory back. No command may be under way.</summary>
    public void Dispose()
    {
        foreach (var buffer in _buffers)
            buffer.Dispose();
    }

    private int SlotOf(ulong piece) => (int)(piece % (ulong)Count);
}
