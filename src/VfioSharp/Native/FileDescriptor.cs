using Microsoft.Win32.SafeHandles;

namespace VfioSharp.Native;

/// <summary>Owns a file descriptor. Every descriptor of the library is opened with O_CLOEXEC or its like, so that no child inherits it.</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    // The marshaller makes one before the call that opens it.
    public FileDescriptor()
        : base(ownsHandle: true)
    {
    }

    public FileDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number, for structures that carry it. Valid only while the caller keeps this object alive and open.</summary>
    public int Number => (int)handle;

    // close() releases the descriptor even where it reports an error; a second try could close somebody else's.
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
