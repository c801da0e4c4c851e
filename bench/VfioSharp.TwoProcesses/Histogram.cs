using System.Numerics;

namespace VfioSharp.TwoProcesses;

/// <summary>Counts times in buckets of a thirty-second of their size, so that a minute of them takes no memory. For one thread at a time.</summary>
internal sealed class Histogram
{
    private const int BitsOfBucket = 5;
    private readonly long[] _counts = new long[64 << BitsOfBucket];

    public long Count { get; private set; }

    public void Add(long ticks)
    {
        _counts[IndexOf(Math.Max(ticks, 1))]++;
        Count++;
    }

    public void Add(Histogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
    }

    /// <summary>The time below which a part of all lie, to a thirty-second of it.</summary>
    public long Percentile(double part)
    {
        var rest = (long)(Count * part);
        var i = 0;
        while (i < _counts.Length - 1 && (rest -= _counts[i]) >= 0)
            i++;
        return LowestOf(i);
    }

    private static int IndexOf(long ticks)
    {
        var exponent = BitOperations.Log2((ulong)ticks);
        return exponent < BitsOfBucket ? (int)ticks : (exponent - BitsOfBucket + 1 << BitsOfBucket) + (int)(ticks >> exponent - BitsOfBucket & (1 << BitsOfBucket) - 1);
    }

    private static long LowestOf(int index)
    {
        if (index < 1 << BitsOfBucket)
            return index;
        var exponent = (index >> BitsOfBucket) + BitsOfBucket - 1;
        return (1L << exponent) + ((long)(index & (1 << BitsOfBucket) - 1) << exponent - BitsOfBucket);
    }
}
