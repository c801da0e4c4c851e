namespace VfioSharp.Native;

/// <summary>Moves all of the bytes that it is told to between files and memory: what the kernel does in part is gone on with.</summary>
internal static unsafe class FileTransfer
{
    /// <summary>How many pieces of memory a call may have (include/uapi/linux/uio.h, UIO_MAXIOV).</summary>
    public const int MostVectors = 1024;

    /// <summary>Reads a file.</summary>
    /// <returns>ENODATA where it ends before; otherwise what the kernel answers.</returns>
    public static Errno Read(int heldFile, byte* destination, long lengthInBytes, long offset)
    {
        while (lengthInBytes > 0)
        {
            var moved = Libc.pread(heldFile, destination, (nuint)lengthInBytes, offset);
            if (moved > 0)
            {
                destination += moved;
                lengthInBytes -= moved;
                offset += moved;
            }
            else if (moved == 0)
            {
                return Errno.ENODATA;
            }
            else if (Libc.LastErrno is not Errno.EINTR and var errno)
            {
                return errno;
            }
        }

        return Errno.None;
    }

    /// <summary>Writes a file.</summary>
    /// <returns>What the kernel answers.</returns>
    public static Errno Write(int heldFile, byte* source, long lengthInBytes, long offset)
    {
        while (lengthInBytes > 0)
        {
            var moved = Libc.pwrite(heldFile, source, (nuint)lengthInBytes, offset);
            if (moved > 0)
            {
                source += moved;
                lengthInBytes -= moved;
                offset += moved;
            }
            else if (moved == 0)
            {
                return Errno.EIO;
            }
            else if (Libc.LastErrno is not Errno.EINTR and var errno)
            {
                return errno;
            }
        }

        return Errno.None;
    }

    /// <summary>Reads a file into pieces of memory, of which none is empty. The vectors are used up.</summary>
    /// <returns>As <see cref="Read(int, byte*, long, long)"/>; EFAULT where a piece is no memory.</returns>
    public static Errno Read(int heldFile, Libc.IoVector* vectors, int count, long offset)
    {
        if (count == 1)
            return Read(heldFile, (byte*)vectors->Start, (long)vectors->Length, offset);
        while (count > 0)
        {
            var moved = Libc.preadv(heldFile, vectors, Math.Min(count, MostVectors), offset);
            if (moved > 0)
            {
                offset += moved;
                Advance(ref vectors, ref count, (nuint)moved);
            }
            else if (moved == 0)
            {
                return Errno.ENODATA;
            }
            else if (Libc.LastErrno is not Errno.EINTR and var errno)
            {
                return errno;
            }
        }

        return Errno.None;
    }

    /// <summary>Writes a file from pieces of memory, of which none is empty. The vectors are used up.</summary>
    /// <returns>What the kernel answers; EFAULT where a piece is no memory.</returns>
    public static Errno Write(int heldFile, Libc.IoVector* vectors, int count, long offset)
    {
        if (count == 1)
            return Write(heldFile, (byte*)vectors->Start, (long)vectors->Length, offset);
        while (count > 0)
        {
            var moved = Libc.pwritev(heldFile, vectors, Math.Min(count, MostVectors), offset);
            if (moved > 0)
            {
                offset += moved;
                Advance(ref vectors, ref count, (nuint)moved);
            }
            else if (moved == 0)
            {
                return Errno.EIO;
            }
            else if (Libc.LastErrno is not Errno.EINTR and var errno)
            {
                return errno;
            }
        }

        return Errno.None;
    }

    private static void Advance(ref Libc.IoVector* vectors, ref int count, nuint moved)
    {
        for (; count > 0 && moved >= vectors->Length; count--)
            moved -= vectors++->Length;
        if (moved == 0)
            return;
        vectors->Start = (byte*)vectors->Start + moved;
        vectors->Length -= moved;
    }
}
