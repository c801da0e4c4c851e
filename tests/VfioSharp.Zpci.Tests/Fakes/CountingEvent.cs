using System.Runtime.InteropServices;

namespace VfioSharp.Zpci.Tests.Fakes;

/// <summary>An eventfd of the test's own.</summary>
internal sealed class CountingEvent : IDisposable
{
    public CountingEvent() => Descriptor = eventfd(0, 0x80000 | 0x800); // EFD_CLOEXEC | EFD_NONBLOCK

    public int Descriptor { get; }

    public void Dispose() => Assert.Equal(0, close(Descriptor));

#pragma warning disable IDE1006 // libc's own names
    [DllImport("libc", SetLastError = true)]
    private static extern int eventfd(uint initialValue, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
#pragma warning restore IDE1006
}
