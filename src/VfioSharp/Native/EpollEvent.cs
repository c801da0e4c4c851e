using System.Runtime.CompilerServices;

namespace VfioSharp.Native;

/// <summary>
/// struct epoll_event (include/uapi/linux/eventpoll.h): 32 bits of events, then 64 bits that the kernel hands back untouched. On
/// x86-64 it is packed to 12 bytes so that 32-bit programs see the same layout; everywhere else the data is aligned and it has 16.
/// </summary>
internal static unsafe class EpollEvent
{
    /// <summary>Room for one event on every architecture, in bytes.</summary>
    public const int LargestSize = 16;

    /// <summary>The size of one event here, in bytes; the stride of an array of them.</summary>
    public static readonly int Size = HostMachine.Kind == MachineKind.X64 ? 12 : LargestSize;

    private static readonly int DataOffset = Size - sizeof(ulong);

    /// <summary>Writes an event.</summary>
    public static void Write(byte* destination, uint events, ulong data)
    {
        Unsafe.WriteUnaligned(destination, events);
        Unsafe.WriteUnaligned(destination + DataOffset, data);
    }

    /// <summary>Reads the data of one of an array of events.</summary>
    public static ulong ReadData(byte* events, int position) =>
        Unsafe.ReadUnaligned<ulong>(events + (position * Size) + DataOffset);
}
