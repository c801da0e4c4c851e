using System.Runtime.InteropServices;

namespace VfioSharp.Native;

/// <summary>Owns a file descriptor. Every descriptor of the library is opened with O_CLOEXEC or its like, so that no child inherits it.</summary>
internal sealed class FileDescriptor : SafeHandle
{
    // The marshaller makes one before the call that opens it.
    public FileDescriptor()
        : base((nint)(-1), ownsHandle: true)
    {
    }

    public FileDescriptor(int descriptor)
        : base((nint)(-1), ownsHandle: true) => SetHandle((nint)descriptor);

    /// <summary>
    /// Whether the call that should have opened it failed. libc returns an int, of which the marshaller keeps the whole register: where
    /// the upper half is not the sign's (x86-64), -1 arrives as 0xffffffff, so only the lower half counts.
    /// </summary>
    public override bool IsInvalid => Number < 0;

    /// <summary>The number, for structures that carry it. Valid only while the caller keeps this object alive and open.</summary>
    public int Number => unchecked((int)handle);

    // close() releases the descriptor even where it reports an error; a second try could close somebody else's.
    protected override bool ReleaseHandle() => Libc.close(Number) == 0;
}
