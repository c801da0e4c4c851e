using VfioSharp.Native;

namespace VfioSharp.Conformance.Trials;

/// <summary>Owns memory that a peer may map: a file without a name (memfd_create(2)) that can be sealed.</summary>
internal sealed unsafe class SharedFile : IDisposable
{
    private const int SealWrite = 8;

    private readonly FileDescriptor _descriptor;

    public SharedFile(long lengthInBytes)
    {
        _descriptor = Libc.memfd_create("vfiosharp-conformance", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        var errno = _descriptor.IsInvalid || Libc.ftruncate(_descriptor, lengthInBytes) != 0 ? Libc.LastErrno : Errno.None;
        if (errno == Errno.None)
            return;
        _descriptor.Dispose();
        throw new VfioException("make memory that can be shared", null, errno, EventFd.DescriptorAdvice(errno));
    }

    public int Number => _descriptor.Number;

    public FileDescriptor Descriptor => _descriptor;

    public void Truncate(long lengthInBytes) =>
        Expect.That(Libc.ftruncate(_descriptor, lengthInBytes) == 0, $"the memory cannot be truncated ({Libc.LastErrno}).");

    public byte[] Read(long offset, int count)
    {
        var bytes = new byte[count];
        fixed (byte* start = bytes)
            Expect.That(Libc.pread(_descriptor, start, (nuint)count, offset) == count, $"the memory cannot be read ({Libc.LastErrno}).");
        return bytes;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            Expect.That(
                Libc.pwrite(_descriptor, start, (nuint)bytes.Length, offset) == bytes.Length,
                $"the memory cannot be written ({Libc.LastErrno}).");
    }

    /// <summary>
    /// Whether nobody has it mapped so that it can be written: the kernel refuses the seal against writes while somebody has (fcntl(2), F_SEAL_WRITE).
    /// Once it is sealed nobody can write it any more.
    /// </summary>
    public bool TrySealAgainstWrites() => Libc.fcntl(_descriptor, Libc.F_ADD_SEALS, SealWrite) == 0;

    public void Dispose() => _descriptor.Dispose();
}
