using System.Runtime.InteropServices;
using VfioSharp.Native;

namespace VfioSharp.Mmio;

/// <summary>Owns a mapping of device memory in this process. Only the routines of this folder touch what it points to.</summary>
public sealed unsafe class DeviceMapping : SafeHandle
{
    private DeviceMapping(void* address, ulong lengthInBytes)
        : base(0, ownsHandle: true)
    {
        SetHandle((nint)address);
        LengthInBytes = lengthInBytes;
    }

    /// <summary>The length of the mapping.</summary>
    public ulong LengthInBytes { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    internal byte* Address => (byte*)handle;

    /// <summary>Maps a part of a file (a VFIO device, a memfd) shared.</summary>
    /// <param name="file">The file; it may be closed afterwards.</param>
    /// <param name="fileOffset">The first byte, a multiple of the host's page size.</param>
    /// <param name="lengthInBytes">The length, not 0.</param>
    /// <param name="access">What the mapping is for.</param>
    /// <param name="errno">Why there is no mapping.</param>
    /// <returns>The mapping, or null where the kernel refuses.</returns>
    internal static DeviceMapping? TryMap(FileDescriptor file, ulong fileOffset, ulong lengthInBytes, MappingAccess access, out Errno errno)
    {
        var protection = ((access & MappingAccess.Read) != 0 ? Libc.PROT_READ : 0) | ((access & MappingAccess.Write) != 0 ? Libc.PROT_WRITE : 0);
        var address = Libc.mmap(null, checked((nuint)lengthInBytes), protection, Libc.MAP_SHARED, file, checked((long)fileOffset));
        errno = address == Libc.MapFailed ? Libc.LastErrno : Errno.None;
        return errno == Errno.None ? new DeviceMapping(address, lengthInBytes) : null;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap((void*)handle, (nuint)LengthInBytes) == 0;
}
