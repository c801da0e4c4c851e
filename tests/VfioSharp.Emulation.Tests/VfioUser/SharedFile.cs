using System.Globalization;
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
        : this(lengthInBytes, 0)
    {
    }

    private SharedFile(long lengthInBytes, uint flags)
    {
        Descriptor = Libc.memfd_create(_name, Libc.MFD_CLOEXEC | flags);
        Assert.False(Descriptor.IsInvalid);
        Truncate(lengthInBytes);
    }

    /// <summary>A file of huge pages of the host's usual size; the test is skipped where there are not as many.</summary>
    /// <param name="pages">How many.</param>
    /// <param name="pageInBytes">The size of one.</param>
    public static SharedFile OfHugePages(int pages, out int pageInBytes)
    {
        pageInBytes = Meminfo("Hugepagesize:") * 1024;
        Assert.SkipWhen(Meminfo("HugePages_Free:") < pages, $"this machine has fewer than {pages} free huge pages (sysctl vm.nr_hugepages)");
        return new SharedFile(pages * (long)pageInBytes, Libc.MFD_HUGETLB);
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

    private static int Meminfo(string field)
    {
        var line = File.ReadLines("/proc/meminfo").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

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
