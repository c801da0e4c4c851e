using System.Runtime.CompilerServices;

namespace VfioSharp.Dma;

/// <summary>
/// Zeroed memory outside of the garbage-collected heap, in whole pages, for a device to read and write. The buffer owns it: after
/// <see cref="Dispose"/> the program can no longer reach the pages, and they go back to the system once no <see cref="DmaMapping"/> of
/// them stands either, so that a device never writes into memory that means something else by then. A span or reference taken from it
/// must not be used after Dispose, and the buffer must be kept alive while one is in use (`using` does both).
/// Threads may use different parts at the same time; the memory itself orders nothing between them, nor with the device: use
/// <see cref="Volatile"/> on words that the device writes, and write the doorbell through a window, which orders it after them.
/// </summary>
public sealed unsafe class DmaBuffer : IDisposable
{
    private readonly byte* _start;

    private DmaBuffer(DmaPages pages, long lengthInBytes, DmaPageSize pageSize, DmaBacking backing)
    {
        Pages = pages;
        _start = (byte*)pages.DangerousGetHandle();
        LengthInBytes = lengthInBytes;
        PageSize = pageSize;
        Backing = backing;
    }

    /// <summary>The length: what was asked for, rounded up to whole pages.</summary>
    public long LengthInBytes { get; }

    /// <summary>The pages that it is made of.</summary>
    public DmaPageSize PageSize { get; }

    /// <summary>What backs it.</summary>
    public DmaBacking Backing { get; }

    /// <summary>The address of the first byte in this process, a multiple of the page size. Valid until <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public nint Address
    {
        get
        {
            ThrowIfDisposed();
            return (nint)_start;
        }
    }

    /// <summary>The whole buffer. A buffer of 2 GiB or more is longer than a span can be: use <see cref="GetSpan(long, int)"/>.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    /// <exception cref="InvalidOperationException">The buffer is longer than <see cref="int.MaxValue"/>.</exception>
    public Span<byte> Span => LengthInBytes <= int.MaxValue
        ? GetSpan(0, (int)LengthInBytes)
        : throw new InvalidOperationException($"A span cannot hold {LengthInBytes} bytes; take parts of the buffer with GetSpan.");

    internal DmaPages Pages { get; }

    /// <summary>Allocates a buffer.</summary>
    /// <param name="lengthInBytes">The length, at least 1; rounded up to whole pages.</param>
    /// <param name="pageSize">The pages to make it of.</param>
    /// <param name="backing">What backs it.</param>
    /// <returns>The buffer, which the caller owns.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive or does not fit the address space, or an option has no meaning.</exception>
    /// <exception cref="VfioException">There is no memory; for huge pages the message says how many are reserved and how to reserve more.</exception>
    public static DmaBuffer Allocate(
        long lengthInBytes, DmaPageSize pageSize = DmaPageSize.Default, DmaBacking backing = DmaBacking.SharedFile)
    {
        var page = (long)HugePages.SizeInBytes(pageSize);
        if (backing is not (DmaBacking.SharedFile or DmaBacking.Anonymous))
            throw new ArgumentOutOfRangeException(nameof(backing), backing, "No such backing.");
        if (lengthInBytes <= 0 || lengthInBytes > long.MaxValue - page || lengthInBytes > nint.MaxValue - page)
            throw new ArgumentOutOfRangeException(nameof(lengthInBytes), lengthInBytes, "The length must be positive and fit the address space.");
        var rounded = (lengthInBytes + page - 1) & ~(page - 1);
        return new DmaBuffer(DmaPages.Allocate((ulong)rounded, pageSize, backing), rounded, pageSize, backing);
    }

    /// <summary>A part of the buffer as bytes.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="lengthInBytes">How many bytes.</param>
    /// <returns>The bytes, valid until <see cref="Dispose"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie in the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Span<byte> GetSpan(long offset, int lengthInBytes)
    {
        RequireInside(offset, lengthInBytes);
        return new Span<byte>(_start + offset, lengthInBytes);
    }

    /// <summary>A part of the buffer as structures, such as the entries of a queue.</summary>
    /// <typeparam name="T">The structure, with the device's layout.</typeparam>
    /// <param name="offset">The first byte.</param>
    /// <param name="count">How many structures.</param>
    /// <returns>The structures, valid until <see cref="Dispose"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie in the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Span<T> GetSpan<T>(long offset, int count)
        where T : unmanaged
    {
        RequireInside(offset, (long)count * sizeof(T));
        return new Span<T>(_start + offset, count);
    }

    /// <summary>One structure or word in the buffer, in place, for <see cref="Volatile"/> and <see cref="Interlocked"/> for instance.</summary>
    /// <typeparam name="T">The structure or word. The processor wants words at multiples of their size.</typeparam>
    /// <param name="offset">Its first byte.</param>
    /// <returns>A reference, valid until <see cref="Dispose"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie in the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public ref T At<T>(long offset)
        where T : unmanaged
    {
        RequireInside(offset, sizeof(T));
        return ref Unsafe.AsRef<T>(_start + offset);
    }

    /// <summary>A part of the buffer for asynchronous use. It keeps the buffer alive, and throws after <see cref="Dispose"/> where a span is taken from it.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="lengthInBytes">How many bytes.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie in the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Memory<byte> GetMemory(long offset, int lengthInBytes)
    {
        RequireInside(offset, lengthInBytes);
        return new DmaBufferMemory(this, offset, lengthInBytes).Memory;
    }

    /// <summary>Ends the buffer. Its pages go back to the system when the last mapping of them has ended. Does nothing the second time.</summary>
    public void Dispose() => Pages.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void RequireInside(long offset, long lengthInBytes)
    {
        ThrowIfDisposed();
        if ((ulong)offset > (ulong)LengthInBytes || (ulong)lengthInBytes > (ulong)(LengthInBytes - offset))
            ThrowOutside(offset, lengthInBytes);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Pages.IsClosed, this);

    private void ThrowOutside(long offset, long lengthInBytes) =>
        throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{lengthInBytes} bytes from there on do not lie in the {LengthInBytes} bytes of the buffer.");
}
