namespace VfioSharp.Nvme;

/// <summary>
/// A namespace as a stream of bytes, for people in a hurry. Reads and writes of any length at any position: what begins or ends inside of a block
/// is read, changed and written back. Nothing is kept in the stream: what was written is at the controller, and after <see cref="Flush"/> on its medium.
/// </summary>
/// <remarks>
/// As with every stream, one thread at a time. A write that changes a part of a block rewrites all of it, so that nobody else may write to that block
/// meanwhile. Disposing of it flushes nothing and leaves the namespace as it is.
/// </remarks>
public sealed class NvmeStream : Stream
{
    private readonly NvmeNamespace _namespace;
    private long _position;
    private bool _isDisposed;

    internal NvmeStream(NvmeNamespace @namespace) => _namespace = @namespace;

    /// <inheritdoc/>
    public override bool CanRead => !_isDisposed;

    /// <inheritdoc/>
    public override bool CanSeek => !_isDisposed;

    /// <inheritdoc/>
    public override bool CanWrite => !_isDisposed && !_namespace.Identity.IsWriteProtected;

    /// <summary>The size of the namespace in bytes.</summary>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public override long Length
    {
        get
        {
            ThrowIfDisposed();
            return _namespace.SizeInBytes;
        }
    }

    /// <summary>The position in bytes. It may lie behind the end, where nothing is to be read and nothing can be written.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The position is negative.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public override long Position
    {
        get
        {
            ThrowIfDisposed();
            return _position;
        }

        set
        {
            ThrowIfDisposed();
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin)
    {
        ThrowIfDisposed();
        var start = origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => _position,
            SeekOrigin.End => Length,
            _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "A position is counted from the beginning, the current position or the end."),
        };
        if (offset < -start || offset > long.MaxValue - start)
            throw new IOException($"The position {start} + {offset} does not exist: it lies before the beginning or beyond 64 bit.");
        return _position = start + offset;
    }

    /// <summary>A namespace has the length that it has.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw new NotSupportedException("The length of a namespace cannot be set by a stream.");

    /// <summary>Makes the controller put everything that was written onto its medium (Flush; NVMe Base 2.0, 7.1).</summary>
    /// <exception cref="NvmeException">The command failed.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public override void Flush() => FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc cref="Flush"/>
    /// <param name="cancellationToken">Aborts the command.</param>
    /// <returns>A task that ends when everything is on the medium.</returns>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        await _namespace.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Reads bytes from <see cref="Position"/> on, and moves it.</summary>
    /// <param name="buffer">Takes the bytes.</param>
    /// <param name="cancellationToken">Aborts the command that is under way; the position stays.</param>
    /// <returns>How many bytes: as many as the buffer holds, or as there are to the end.</returns>
    /// <exception cref="NvmeException">The namespace has an obstacle, or a command failed; the position stays.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        var count = (int)Math.Min(buffer.Length, Math.Max(0, Length - _position));
        await _namespace.ReadBytesAsync(_position, buffer[..count], cancellationToken).ConfigureAwait(false);
        _position += count;
        return count;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Writes bytes from <see cref="Position"/> on, and moves it.</summary>
    /// <param name="buffer">The bytes.</param>
    /// <param name="cancellationToken">Aborts the command that is under way; what was written before is written, and the position stays.</param>
    /// <returns>A task that ends when the controller has completed the write.</returns>
    /// <exception cref="IOException">The namespace ends before the bytes do. Nothing was written.</exception>
    /// <exception cref="NvmeException">The namespace has an obstacle, or a command failed; the position stays.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        if (buffer.Length > Length - _position)
            throw new IOException($"The {_namespace} ends at byte {Length}; {buffer.Length} bytes from {_position} on do not fit.");
        await _namespace.WriteBytesAsync(_position, buffer, cancellationToken).ConfigureAwait(false);
        _position += buffer.Length;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        base.Dispose(disposing);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);
}
