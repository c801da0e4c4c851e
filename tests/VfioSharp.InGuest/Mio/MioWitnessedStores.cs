using System.Buffers.Binary;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Mio;

/// <summary>
/// Stores of every width and block stores of every length, whose arrival QEMU's trace tells of. Explicit: it needs a guest with MIO instructions
/// whose QEMU writes that trace, and whose "nvme" has a memory buffer.
/// </summary>
public sealed class MioWitnessedStores
{
    /// <summary>A value stored once before the others, at <see cref="BeginPlace"/>.</summary>
    public const ulong BeginMark = 0x0be9_0be9_feed_c0de;

    private const ulong BeginPlace = 0xff8;
    private static readonly int[] Widths = [1, 2, 4, 8];

    // A block of every length at a place of its own, and each by both ways in.
    private static readonly (AccessPath Path, ulong Offset, byte[] Bytes)[] Blocks =
    [
        .. from path in (AccessPath[])[AccessPath.MioInstruction, AccessPath.MmioSyscall]
           from count in Enumerable.Range(2, 15)
           let bytes = Content(count * 8)
           select (path, (ulong)(0x1000 * count + 8 * (count % 7) + (path == AccessPath.MmioSyscall ? 0x400 : 0)), bytes),
    ];

    /// <summary>
    /// What must arrive, in this order and with nothing in between: the offset in BAR 2, the width and the value. A block is made of 8 bytes each.
    /// </summary>
    public static readonly (ulong Offset, int Width, ulong Value)[] Expected =
    [
        .. from width in Widths select ((ulong)width * 16, width, ValueOf(width)),
        .. from block in Blocks
           from start in Enumerable.Range(0, block.Bytes.Length / 8)
           select (block.Offset + (ulong)start * 8, 8, BinaryPrimitives.ReadUInt64LittleEndian(block.Bytes.AsSpan(start * 8))),
    ];

    [Fact(Explicit = true)]
    public void Of_every_width_and_length()
    {
        using var device = Guest.Open("nvme");
        using var instructions = MioGuest.OpenMemory(device);
        using var syscalls = MioGuest.OpenMemory(device, AccessPath.MmioSyscall);
        Assert.Equal(AccessPath.MioInstruction, instructions.Plan.Path);
        instructions.Write64(BeginPlace, BeginMark);
        foreach (var width in Widths)
            RegisterAccess.Write(instructions, (ulong)width * 16, ValueOf(width), width);
        foreach (var (path, offset, bytes) in Blocks)
            (path == AccessPath.MioInstruction ? instructions : syscalls).WriteBlock(offset, bytes.AsSpan());
    }

    private static ulong ValueOf(int width) => 0x0123_4567_89ab_cdef & MioGuest.AllOnes(width);

    private static byte[] Content(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
