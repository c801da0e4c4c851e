using VfioSharp.Nvme.Specification;

namespace VfioSharp.Nvme;

/// <summary>A command's data: none, one piece of memory, several, or ranges of blocks that the queue pair copies into memory of its own.</summary>
internal readonly struct CommandData
{
    /// <summary>Data in one piece.</summary>
    public CommandData(DataPiece piece) => Piece = piece;

    /// <summary>Data in several pieces.</summary>
    /// <param name="pieces">At least one; not to be changed any more.</param>
    public CommandData(DataPiece[] pieces)
    {
        Pieces = pieces;
        foreach (var piece in pieces)
            Piece = new DataPiece(0, Piece.LengthInBytes + piece.LengthInBytes);
    }

    /// <summary>Ranges for Dataset Management.</summary>
    /// <param name="ranges">At least one; not to be changed any more.</param>
    public CommandData(DatasetRange[] ranges) => Ranges = ranges;

    /// <summary>The piece, or with <see cref="Pieces"/> the length of all of them.</summary>
    public DataPiece Piece { get; }

    /// <summary>The pieces; null where it is one or none.</summary>
    public DataPiece[]? Pieces { get; }

    /// <summary>The ranges, or null.</summary>
    public DatasetRange[]? Ranges { get; }

    /// <summary>How many bytes a read or write moves.</summary>
    public int LengthInBytes => (int)Piece.LengthInBytes;
}
