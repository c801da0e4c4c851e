using System.Buffers;
using System.Buffers.Binary;

namespace VfioSharp.Emulation.Functions;

// The page of registers, the RAM, and of each vector how many interrupts are still to be signalled (16 bit).
public sealed partial class ScratchFunction : IMigratable
{
    /// <inheritdoc/>
    public void SaveRegisters(IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        destination.Write(_registers);
        destination.Write(_ram);
        foreach (var count in _toSignal)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(destination.GetSpan(sizeof(ushort)), count);
            destination.Advance(sizeof(ushort));
        }
    }

    /// <inheritdoc/>
    public void LoadRegisters(ReadOnlySpan<byte> state)
    {
        if (state.Length != _registers.Length + _ram.Length + VectorCount * sizeof(ushort))
            throw new InvalidDataException($"The registers and the RAM of a scratch function are not {state.Length} bytes.");
        // What identifies the function, its features and the number of its vectors.
        if (!state[..TriggerRegister].SequenceEqual(_registers.AsSpan(0, TriggerRegister)))
            throw new InvalidDataException("The state is that of another version of the scratch function, or of one with other memory.");
        if ((BinaryPrimitives.ReadUInt32LittleEndian(state[StatusRegister..]) & ~(Running | Finished | Failed)) != 0)
            throw new InvalidDataException("The DMA engine of a scratch function has no such status.");

        state[.._registers.Length].CopyTo(_registers);
        state.Slice(_registers.Length, _ram.Length).CopyTo(_ram);
        var counts = state[(_registers.Length + _ram.Length)..];
        for (var vector = 0; vector < VectorCount; vector++)
            _toSignal[vector] = BinaryPrimitives.ReadUInt16LittleEndian(counts[(vector * sizeof(ushort))..]);
        RequestWork();
    }
}
