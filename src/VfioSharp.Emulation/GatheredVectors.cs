using VfioSharp.Native;

namespace VfioSharp.Emulation;

/// <summary>Pieces of mapped memory on their way into one system call, or a few where they are many. On the stack of who moves them.</summary>
internal unsafe ref struct GatheredVectors
{
    /// <summary>How many vectors are worth having on the stack.</summary>
    public const int MostOnStack = 128;

    private readonly Libc.IoVector* _vectors;
    private readonly int _room;
    private readonly int _heldFile;
    private readonly bool _readsFile;
    private int _count;
    private long _gatheredInBytes;

    /// <summary>Begins.</summary>
    /// <param name="vectors">Memory for them.</param>
    /// <param name="room">How many it is for; not 0.</param>
    /// <param name="file">The file.</param>
    /// <param name="fileOffset">Its first byte.</param>
    /// <param name="readsFile">Whether bytes go from the file into memory.</param>
    public GatheredVectors(Libc.IoVector* vectors, int room, in HeldFile file, long fileOffset, bool readsFile)
    {
        _vectors = vectors;
        _room = room;
        _heldFile = file.Number;
        _readsFile = readsFile;
        FileOffset = fileOffset;
    }

    /// <summary>The file's byte that is next, once everything that was gathered is moved.</summary>
    public long FileOffset { get; private set; }

    /// <summary>Gathers a piece, which is not empty.</summary>
    public Errno Add(byte* address, int lengthInBytes)
    {
        if (_count == _room && Move() is not Errno.None and var errno)
            return errno;
        _vectors[_count++] = new Libc.IoVector { Start = address, Length = (nuint)lengthInBytes };
        _gatheredInBytes += lengthInBytes;
        return Errno.None;
    }

    /// <summary>Moves what was gathered.</summary>
    public Errno Move()
    {
        var errno = _readsFile ? FileTransfer.Read(_heldFile, _vectors, _count, FileOffset) : FileTransfer.Write(_heldFile, _vectors, _count, FileOffset);
        FileOffset += _gatheredInBytes;
        _gatheredInBytes = 0;
        _count = 0;
        return errno;
    }

    /// <summary>Tells that bytes of the file were moved in another way.</summary>
    public void Skip(int lengthInBytes) => FileOffset += lengthInBytes;
}
