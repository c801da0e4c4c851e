namespace VfioSharp.Fuzz;

/// <summary>
/// Numbers that follow from a seed alone, on every machine and runtime: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014). For one thread at a time.
/// </summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The seed of one of many conversations.</summary>
    public static ulong SeedOf(ulong seed, long index) => new Dice(seed ^ unchecked((ulong)index * 0x9e37_79b9_7f4a_7c15)).Next();

    public ulong Next()
    {
        var z = _state += 0x9e37_79b9_7f4a_7c15;
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0, below <paramref name="end"/>.</summary>
    public int Below(int end) => (int)(Next() % (uint)end);

    /// <summary>A number of both ends' range.</summary>
    public int Between(int first, int last) => first + Below(last - first + 1);

    /// <summary>True once in <paramref name="count"/> times.</summary>
    public bool OneIn(int count) => Below(count) == 0;

    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
            bytes[i] = (byte)Next();
        return bytes;
    }

    /// <summary>A number of the kind at which checks of lengths and ranges break: around 0, around powers of two, around the largest.</summary>
    public ulong Awkward() => Below(8) switch
    {
        0 => (ulong)Below(4),
        1 => (1ul << Below(64)) + (ulong)Below(3) - 1,
        2 => ulong.MaxValue - (ulong)Below(0x1001),
        3 => uint.MaxValue - (ulong)Below(0x1001),
        4 => int.MaxValue + (ulong)Below(3) - 1,
        5 => (ulong)Below(0x10000),
        6 => (ulong)Below(64) << 12,
        _ => Next(),
    };
}
