using System.Runtime.InteropServices;

namespace VfioSharp.Backends.VfioUser.Wire;

// The fixed parts of what follows the header where a message concerns memory (docs/interop/vfio-user.rst), host byte order.

/// <summary>VFIO_USER_DMA_MAP; a descriptor may come with it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DmaMapMessage
{
    public const int SizeInBytes = 32;

    public const uint FlagRead = 1 << 0;
    public const uint FlagWrite = 1 << 1;
    /// <summary>The descriptor can be mapped; younger clients say so.</summary>
    public const uint FlagMmap = 1 << 2;
    /// <summary>The descriptor can be read and written.</summary>
    public const uint FlagFileIo = 1 << 3;

    public uint ArgumentSize;
    public uint Flags;
    /// <summary>Where the memory begins in the descriptor's file.</summary>
    public ulong Offset;
    public ulong Address;
    public ulong Size;
}

/// <summary>VFIO_USER_DMA_UNMAP; the reply repeats it. With <see cref="FlagGetDirty"/> a <see cref="DirtyBitmapMessage"/> follows, and in the reply the bits.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DmaUnmapMessage
{
    public const int SizeInBytes = 24;

    public const uint FlagGetDirty = 1 << 0;
    public const uint FlagAll = 1 << 1;

    public uint ArgumentSize;
    public uint Flags;
    public ulong Address;
    public ulong Size;
}

/// <summary>struct vfio_bitmap without its pointer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DirtyBitmapMessage
{
    public const int SizeInBytes = 16;

    public ulong PageSize;
    public ulong Size;
}

/// <summary>
/// VFIO_USER_DMA_READ and VFIO_USER_DMA_WRITE, in front of the data. QEMU 10.1 had a count of 32 bit here, against the specification, so that
/// its data began four bytes earlier; 11.1 follows it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DmaAccessMessage
{
    public const int SizeInBytes = 16;

    public ulong Address;
    public ulong Count;
}
