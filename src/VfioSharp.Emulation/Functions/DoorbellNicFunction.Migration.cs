using System.Buffers;

namespace VfioSharp.Emulation.Functions;

// The registers, where in the ring the next entry goes, and doorbells of which the ring does not tell yet.
public sealed partial class DoorbellNicFunction : IMigratable
{
    /// <inheritdoc/>
    public void SaveRegisters(IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        destination.Write64(_doorbellCount);
        destination.Write64(_ring);
        foreach (var value in (ReadOnlySpan<uint>)[_entries, _lost, _sequence, (uint)_rung.Count])
            destination.Write32(value);
        foreach (var ringing in _rung)
        {
            destination.Write64(ringing.Value);
            destination.Write32(ringing.Queue);
            destination.Write32(ringing.HandedOver);
        }
    }

    /// <inheritdoc/>
    public void LoadRegisters(ReadOnlySpan<byte> state)
    {
        var reader = new StateReader(state);
        var (doorbellCount, ring) = (reader.Read64(), reader.Read64());
        var (entries, lost, sequence) = (reader.ReadUpTo(MaximumEntries), reader.Read32(), reader.Read32());
        StateReader.Require((entries & (entries - 1)) == 0);
        var rung = new List<Ringing>();
        for (var left = reader.ReadUpTo(MostRung); left != 0; left--)
            rung.Add(new Ringing(reader.Read64(), (ushort)reader.ReadUpTo(QueueCount - 1), (ushort)reader.ReadUpTo(LongestDescriptorInBytes)));
        reader.RequireEnd();

        OnReset();
        (_doorbellCount, _ring, _entries, _lost, _sequence) = (doorbellCount, ring, entries, lost, sequence);
        rung.ForEach(_rung.Enqueue);
        RequestWork();
    }
}
