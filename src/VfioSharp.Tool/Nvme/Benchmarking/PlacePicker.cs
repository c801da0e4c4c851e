using System.Runtime.CompilerServices;

namespace VfioSharp.Tool.Nvme.Benchmarking;

/// <summary>
/// Says where the next command of a queue goes, and whether it reads. Nothing is allocated per command. Not for several threads, but several can go
/// through the same places in sequence.
/// </summary>
internal sealed class PlacePicker
{
    private readonly ulong _first;
    private readonly ulong _places;
    private readonly ulong _blocksPerPlace;
    private readonly StrongBox<long>? _cursor;
    private readonly uint _readPercent;
    private ulong _state;

    /// <param name="firstLba">The first block.</param>
    /// <param name="places">How many places there are from there on; at least 1.</param>
    /// <param name="blocksPerPlace">How many blocks each of them has.</param>
    /// <param name="cursor">How many commands went there in sequence so far, shared by all that do; null for places at random.</param>
    /// <param name="readPercent">How many of a hundred commands read.</param>
    /// <param name="seed">What distinguishes it from others.</param>
    public PlacePicker(ulong firstLba, ulong places, ulong blocksPerPlace, StrongBox<long>? cursor, int readPercent, int seed)
    {
        (_first, _places, _blocksPerPlace, _cursor, _readPercent) = (firstLba, places, blocksPerPlace, cursor, (uint)readPercent);
        _state = 0x9e37_79b9_7f4a_7c15 * ((ulong)seed + 1);
    }

    /// <summary>The next command.</summary>
    /// <param name="isRead">Whether it reads.</param>
    /// <returns>Its first block.</returns>
    public ulong Next(out bool isRead)
    {
        isRead = _readPercent == 100 || Draw() % 100 < _readPercent;
        var place = _cursor is null ? Draw() : (ulong)(Interlocked.Increment(ref _cursor.Value) - 1);
        return _first + place % _places * _blocksPerPlace;
    }

    // xorshift64*, of which the upper half is the better one.
    private ulong Draw()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545_f491_4f6c_dd1d >> 16;
    }
}
