using VfioSharp.Native;

namespace VfioSharp.Emulation.Tests.VfioUser;

/// <summary>
/// A memfd with a name that no other has, as a client shares it: tests look whether a server has kept it open or mapped, which they could not by
/// counting, since they run side by side.
/// </summary>
internal sealed unsafe class SharedFile : IDisposable
{
    private static int Created;

    private readonly string _name = $"vfiosharp-test-{Environment.ProcessId}-{Interlocked.Increment(ref Created)}-end";

    public SharedFile(long lengthInBytes)
    {
        Descriptor = Libc.memfd_create(_name, Libc.MFD_CLOEXEC);
        Assert.False(Descriptor.IsInvalid);
        Truncate(lengthInBytes);
    }

    public FileDescriptor Descriptor { get; }

    /// <summary>How many descriptors of this process are open on the file, this object's own included.</summary>
    public int OpenCount => Directory.GetFiles("/proc/self/fd").Count(path => (Target(path) ?? "").Contains(_name, StringComparison.Ordinal));

    /// <summary>Whether it is mapped into this process.</summary>
    public bool IsMapped => File.ReadLines("/proc/self/maps").Any(line => line.Contains(_name, StringComparison.Ordinal));

    public void Truncate(long lengthInBytes) => Assert.Equal(0, Libc.ftruncate(Descriptor, lengthInBytes));

    public byte[] Read(long offset, int lengthInBytes)
    {
        var bytes = new byte[lengthInBytes];
        fixed (byte* start = bytes)
            Assert.Equal(lengthInBytes, Libc.pread(Descriptor, start, (nuint)lengthInBytes, offset));
        return bytes;
    }

    public void Write(long offset, params byte[] bytes)
    {
        fixed (byte* start = bytes)
            Assert.Equal(bytes.Length, Libc.pwrite(Descriptor, start, (nuint)bytes.Length, offset));
    }

    public void Dispose() => Descriptor.Dispose();

    private static string? Target(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, false)?.FullName;
        }
        catch (IOException)
        {
            // Another test's, closed meanwhile.
            return null;
        }
    }
}
