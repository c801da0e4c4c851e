using VfioSharp.Mmio;
using VfioSharp.Native;

namespace VfioSharp.Emulation.VfioUser;

/// <summary>How a piece of the client's memory is reached.</summary>
internal enum DmaAccess
{
    /// <summary>It came without a descriptor: by commands to the client.</summary>
    Message,
    /// <summary>It is mapped here.</summary>
    Mapped,
    /// <summary>The client asked that its file be read and written.</summary>
    File,
}

/// <summary>
/// One piece of the client's memory: owns what of it is mapped or open here. Accesses are made one at a time, and not after disposal.
/// </summary>
internal sealed unsafe class DmaMap : IDisposable
{
    private readonly ForeignMemory? _memory;
    private readonly FileDescriptor? _file;
    private readonly ulong _fileOffset;

    /// <summary>Memory that is reached by commands.</summary>
    public DmaMap(ulong start, ulong lengthInBytes, MappingAccess permissions)
    {
        Start = start;
        LengthInBytes = lengthInBytes;
        Permissions = permissions;
    }

    /// <summary>Memory that is mapped; the mapping belongs to this object.</summary>
    public DmaMap(ulong start, MappingAccess permissions, ForeignMemory memory)
        : this(start, memory.LengthInBytes, permissions)
    {
        _memory = memory;
        Access = DmaAccess.Mapped;
    }

    /// <summary>Memory whose file is read and written from an offset on; the file belongs to this object.</summary>
    public DmaMap(ulong start, ulong lengthInBytes, MappingAccess permissions, FileDescriptor file, ulong fileOffset)
        : this(start, lengthInBytes, permissions)
    {
        _file = file;
        _fileOffset = fileOffset;
        Access = DmaAccess.File;
    }

    /// <summary>The first I/O virtual address.</summary>
    public ulong Start { get; }

    /// <summary>The length, not 0.</summary>
    public ulong LengthInBytes { get; }

    /// <summary>The last I/O virtual address.</summary>
    public ulong Last => Start + (LengthInBytes - 1);

    /// <summary>How many of this process's addresses it takes; 0 where it is not mapped.</summary>
    public ulong PagesInBytes => _memory?.PagesInBytes ?? 0;

    /// <summary>What the device may do with it; none is possible.</summary>
    public MappingAccess Permissions { get; }

    /// <summary>How it is reached.</summary>
    public DmaAccess Access { get; }

    /// <summary>Reads bytes that lie within it, unless by message.</summary>
    public bool TryRead(ulong iova, Span<byte> destination)
    {
        if (_memory is not null)
            return _memory.TryRead(iova - Start, destination);
        fixed (byte* bytes = destination)
        {
            for (var done = 0; done < destination.Length;)
            {
                var length = Libc.pread(_file!, bytes + done, (nuint)(destination.Length - done), (long)(_fileOffset + (iova - Start)) + done);
                if (length > 0)
                    done += (int)length;
                else if (length == 0 || Libc.LastErrno != Errno.EINTR)
                    return false;
            }
        }

        return true;
    }

    /// <summary>Writes bytes that lie within it, unless by message.</summary>
    public bool TryWrite(ulong iova, ReadOnlySpan<byte> source)
    {
        if (_memory is not null)
            return _memory.TryWrite(iova - Start, source);
        fixed (byte* bytes = source)
        {
            for (var done = 0; done < source.Length;)
            {
                var length = Libc.pwrite(_file!, bytes + done, (nuint)(source.Length - done), (long)(_fileOffset + (iova - Start)) + done);
                if (length > 0)
                    done += (int)length;
                else if (length == 0 || Libc.LastErrno != Errno.EINTR)
                    return false;
            }
        }

        return true;
    }

    /// <summary>Where bytes that lie within it are mapped; null where they are not.</summary>
    public byte* FindAddress(ulong iova, int lengthInBytes) => _memory is null ? null : _memory.GetAddress(iova - Start, lengthInBytes);

    /// <summary>Gives back what is mapped or open.</summary>
    public void Dispose()
    {
        _memory?.Dispose();
        _file?.Dispose();
    }
}
