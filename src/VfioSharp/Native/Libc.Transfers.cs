using System.Runtime.InteropServices;

namespace VfioSharp.Native;

#pragma warning disable IDE1006, CA1707 // libc's own names

// Of files at an offset, for callers that already hold a reference to the descriptor's owner; otherwise the number may be somebody else's by now.
internal static unsafe partial class Libc
{
    [DllImport("libc", SetLastError = true)]
    public static extern nint pread(int heldDescriptor, byte* buffer, nuint count, long offset);

    [DllImport("libc", SetLastError = true)]
    public static extern nint pwrite(int heldDescriptor, byte* buffer, nuint count, long offset);

    [DllImport("libc", SetLastError = true)]
    public static extern nint preadv(int heldDescriptor, IoVector* vectors, int vectorCount, long offset);

    [DllImport("libc", SetLastError = true)]
    public static extern nint pwritev(int heldDescriptor, IoVector* vectors, int vectorCount, long offset);
}
