using System.Numerics;
using System.Runtime.InteropServices;

namespace VfioSharp.TwoProcesses.Nvme;

/// <summary>
/// What is written to a block so that it can be told later which write it is from, and whether it is whole: each word follows from the block's address and the
/// write's number, so that a block of two writes, or one at another's place, is seen.
/// </summary>
internal static class BlockPattern
{
    /// <summary>Fills a block.</summary>
    /// <param name="block">The block, a multiple of 8 bytes.</param>
    /// <param name="lba">Where it goes.</param>
    /// <param name="sequence">The number of the write, not 0.</param>
    public static void Fill(Span<byte> block, ulong lba, ulong sequence)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(block);
        words[0] = sequence;
        var state = Begin(lba, sequence);
        for (var i = 1; i < words.Length; i++)
            words[i] = Next(ref state);
    }

    /// <summary>Says which write a block is from.</summary>
    /// <param name="block">The block.</param>
    /// <param name="lba">Where it was read.</param>
    /// <param name="sequence">The number of the write; 0 for a block of zeros.</param>
    /// <returns>Whether it is whole and at its place.</returns>
    public static bool TryRead(ReadOnlySpan<byte> block, ulong lba, out ulong sequence)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(block);
        sequence = words[0];
        if (sequence == 0)
            return !block.ContainsAnyExcept((byte)0);
        var state = Begin(lba, sequence);
        var difference = 0ul;
        for (var i = 1; i < words.Length; i++)
            difference |= words[i] ^ Next(ref state);
        return difference == 0;
    }

    private static ulong Begin(ulong lba, ulong sequence) => lba * 0x9e37_79b9_7f4a_7c15 ^ BitOperations.RotateLeft(sequence * 0xbf58_476d_1ce4_e5b9, 32) | 1;

    // xorshift64 (Marsaglia): never 0, and quick enough that filling is no part of what is measured.
    private static ulong Next(ref ulong state)
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    }
}
