using System.Runtime.InteropServices;

namespace VfioSharp.Tests.Interrupts;

/// <summary>Lowers RLIMIT_NOFILE of this process until it is disposed: the first descriptor number that cannot be had.</summary>
internal sealed class DescriptorLimit : IDisposable
{
    private const int OpenFiles = 7; // RLIMIT_NOFILE

    private readonly Limit _before;

    public DescriptorLimit(int firstNumberRefused)
    {
        Assert.Equal(0, getrlimit(OpenFiles, out _before));
        var lowered = _before with { Soft = (nuint)firstNumberRefused };
        Assert.Equal(0, setrlimit(OpenFiles, in lowered));
    }

    public void Dispose() => Assert.Equal(0, setrlimit(OpenFiles, in _before));

    [DllImport("libc")]
    private static extern int getrlimit(int resource, out Limit limit);

    [DllImport("libc")]
    private static extern int setrlimit(int resource, in Limit limit);

    // struct rlimit
    private record struct Limit(nuint Soft, nuint Hard);
}
