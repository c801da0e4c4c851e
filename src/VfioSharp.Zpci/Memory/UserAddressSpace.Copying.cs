namespace VfioSharp.Zpci.Memory;

// The kernel's copies from and to a process (arch/s390/lib/uaccess.c), which stop where a byte cannot be reached. A page of a device is none
// that the kernel's copies can reach: the machine answers them with an addressing exception.
public sealed partial class UserAddressSpace
{
    /// <summary>copy_from_user(). What was reached before a failure has been copied.</summary>
    /// <returns>How many bytes were copied.</returns>
    internal int CopyFrom(ulong address, Span<byte> destination)
    {
        var done = 0;
        while (done < destination.Length && TryReach(address, (ulong)done, MemoryAccess.Load, out var rest))
        {
            var length = Math.Min(rest.Length, destination.Length - done);
            rest[..length].CopyTo(destination[done..]);
            done += length;
        }

        return done;
    }

    /// <summary>copy_to_user(). What was reached before a failure has been copied.</summary>
    /// <returns>How many bytes were copied.</returns>
    internal int CopyTo(ulong address, ReadOnlySpan<byte> source)
    {
        var done = 0;
        while (done < source.Length && TryReach(address, (ulong)done, MemoryAccess.Store, out var rest))
        {
            var length = Math.Min(rest.Length, source.Length - done);
            source.Slice(done, length).CopyTo(rest);
            done += length;
        }

        return done;
    }

    private bool TryReach(ulong address, ulong offset, MemoryAccess access, out Span<byte> restOfPage)
    {
        restOfPage = default;
        if (address > ulong.MaxValue - offset
            || Translate(address + offset, access, out var entry) != PageFault.None
            || entry.Ram is not { } page)
        {
            return false;
        }

        restOfPage = page.Bytes[(int)((address + offset) % PageSize)..];
        return true;
    }
}
