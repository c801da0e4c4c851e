namespace VfioSharp.Emulation.Functions;

// What the function tells of the accesses to its RAM.
public sealed partial class ScratchFunction
{
    private const int Reads = CountersStart;
    private const int Writes = 0x120;
    private const int BlockStores = 0x140;
    private const int LastOffset = 0x148;
    private const int LastWidth = 0x150;
    private const int LastBar = 0x154;
    private const int LastValue = 0x158;
    private const uint WriteFlag = 0x100;

    private void Count(int bar, ulong offset, ReadOnlySpan<byte> value, bool isWrite)
    {
        var column = value.Length switch
        {
            1 => 0,
            2 => 1,
            4 => 2,
            _ => 3,
        };
        Increment((isWrite ? Writes : Reads) + column * sizeof(ulong));
        Note(bar, offset, value, isWrite);
    }

    private void Increment(int counter) => Put64(counter, Get64(counter) + 1);

    private void Note(int bar, ulong offset, ReadOnlySpan<byte> value, bool isWrite)
    {
        Put64(LastOffset, offset);
        Put32(LastWidth, (uint)value.Length);
        Put32(LastBar, (uint)bar | (isWrite ? WriteFlag : 0));
        Put64(LastValue, 0);
        value[..Math.Min(value.Length, sizeof(ulong))].CopyTo(_registers.AsSpan(LastValue));
    }
}
