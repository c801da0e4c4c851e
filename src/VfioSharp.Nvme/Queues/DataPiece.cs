using VfioSharp.Dma;

namespace VfioSharp.Nvme;

/// <summary>A piece of a command's data as the controller finds it.</summary>
/// <param name="Iova">The first byte.</param>
/// <param name="LengthInBytes">How long it is.</param>
internal readonly record struct DataPiece(ulong Iova, long LengthInBytes)
{
    /// <summary>The address after the last byte.</summary>
    public ulong End => Iova + (ulong)LengthInBytes;

    /// <summary>Takes memory that is mapped.</summary>
    /// <exception cref="ObjectDisposedException">The mapping has ended.</exception>
    public static DataPiece Of(DmaMemory memory) => memory.IsEmpty ? default : new(memory.Iova.Value, memory.LengthInBytes);
}
