using System.Runtime.CompilerServices;

namespace VfioSharp.Nvme;

/// <summary>
/// The command slots that are free, in a ring: one thread at a time takes, another one gives back, and neither waits for the other. A slot that is
/// given back is published by a releasing store and taken after an acquiring load, so that everything its last user did lies before.
/// </summary>
internal sealed class FreeSlots
{
    private readonly ushort[] _ring;
    private readonly uint _mask;
    private uint _taken;
    private uint _given;

    /// <param name="count">How many slots there are, all of them free.</param>
    public FreeSlots(int count)
    {
        var length = 1;
        while (length < count)
            length *= 2;
        _ring = new ushort[length];
        _mask = (uint)length - 1;
        for (var slot = 0; slot < count; slot++)
            _ring[slot] = (ushort)slot;
        _given = (uint)count;
    }

    /// <summary>How many are free; to others than the taker no more than an estimate.</summary>
    public int Count => (int)(Volatile.Read(ref _given) - Volatile.Read(ref _taken));

    /// <summary>Takes one. For the side that submits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(out int slot)
    {
        var taken = _taken;
        if (taken == Volatile.Read(ref _given))
        {
            slot = 0;
            return false;
        }

        slot = _ring[taken & _mask];
        Volatile.Write(ref _taken, taken + 1);
        return true;
    }

    /// <summary>Undoes the last <see cref="TryTake"/>. For the side that submits.</summary>
    public void Untake() => Volatile.Write(ref _taken, _taken - 1);

    /// <summary>Gives one back that was taken. For the side that reaps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Give(int slot)
    {
        var given = _given;
        _ring[given & _mask] = (ushort)slot;
        Volatile.Write(ref _given, given + 1);
    }
}
