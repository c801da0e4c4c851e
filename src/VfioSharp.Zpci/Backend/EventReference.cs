using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VfioSharp.Zpci.Backend;

/// <summary>
/// A reference to a caller's eventfd, as the kernel takes one when an interrupt is connected: it stays good after the caller has closed its own
/// descriptor.
/// </summary>
internal sealed unsafe class EventReference : SafeHandleMinusOneIsInvalid
{
    private const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC

    private EventReference(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Takes a reference.</summary>
    /// <param name="descriptor">The caller's descriptor.</param>
    /// <exception cref="VfioException">It is none, or this process has too many.</exception>
    public static EventReference To(int descriptor)
    {
        var duplicate = fcntl(descriptor, DuplicateCloseOnExec, 0);
        return duplicate >= 0
            ? new EventReference(duplicate)
            : throw new VfioException("take a reference to an eventfd", null, (Errno)Marshal.GetLastPInvokeError());
    }

    /// <summary>Adds one to the eventfd's count. A count that has no room is left as it is: whoever waits has enough to wake up for.</summary>
    public void Signal()
    {
        var one = 1ul;
        _ = write(this, &one, sizeof(ulong));
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => close((int)handle) == 0;

#pragma warning disable IDE1006 // libc's own names
    [DllImport("libc", SetLastError = true)]
    private static extern int fcntl(int descriptor, int command, nint argument);

    [DllImport("libc", SetLastError = true)]
    private static extern nint write(EventReference descriptor, void* buffer, nuint count);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
#pragma warning restore IDE1006
}
