using System.Buffers;
using System.Buffers.Binary;

namespace VfioSharp.Emulation.Functions;

// The DMA engine, and the state of everything as bytes.
public sealed partial class EduFunction : IMigratable
{
    private const ulong BufferStart = 0x40000;
    private const ulong StartDma = 1;
    private const ulong ToMemory = 2;
    private const ulong InterruptAfterDma = 4;
    private const int StateLengthInBytes = 5 * sizeof(uint) + 4 * sizeof(ulong);

    private readonly byte[] _buffer = new byte[4096];
    private ulong _source;
    private ulong _destination;
    private ulong _count;
    private ulong _command;

    /// <inheritdoc/>
    public void SaveRegisters(IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var state = destination.GetSpan(StateLengthInBytes);
        foreach (var value in (ReadOnlySpan<uint>)[_inverted, _factorial, _status, _interruptStatus, _messages])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(state, value);
            state = state[sizeof(uint)..];
        }

        foreach (var value in (ReadOnlySpan<ulong>)[_source, _destination, _count, _command])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(state, value);
            state = state[sizeof(ulong)..];
        }

        destination.Advance(StateLengthInBytes);
        destination.Write(_buffer);
    }

    /// <inheritdoc/>
    public void LoadRegisters(ReadOnlySpan<byte> state)
    {
        if (state.Length != StateLengthInBytes + _buffer.Length)
            throw new InvalidDataException($"The registers and the buffer of an edu device are not {state.Length} bytes.");
        var status = BinaryPrimitives.ReadUInt32LittleEndian(state[8..]);
        var messages = BinaryPrimitives.ReadUInt32LittleEndian(state[16..]);
        if ((status & ~(Computing | InterruptAfterFactorial)) != 0 || messages > ushort.MaxValue)
            throw new InvalidDataException("An edu device is never in the state that the bytes tell.");

        _inverted = BinaryPrimitives.ReadUInt32LittleEndian(state);
        _factorial = BinaryPrimitives.ReadUInt32LittleEndian(state[4..]);
        _status = status;
        _interruptStatus = BinaryPrimitives.ReadUInt32LittleEndian(state[12..]);
        _messages = messages;
        _source = BinaryPrimitives.ReadUInt64LittleEndian(state[20..]);
        _destination = BinaryPrimitives.ReadUInt64LittleEndian(state[28..]);
        _count = BinaryPrimitives.ReadUInt64LittleEndian(state[36..]);
        _command = BinaryPrimitives.ReadUInt64LittleEndian(state[44..]);
        state[StateLengthInBytes..].CopyTo(_buffer);
        RequestWork();
    }

    // While a transfer runs its registers stay as they are.
    private void WriteDma(ulong offset, ulong value)
    {
        if ((_command & StartDma) != 0)
            return;
        switch (offset)
        {
            case 0x80:
                _source = value;
                break;
            case 0x88:
                _destination = value;
                break;
            case 0x90:
                _count = value;
                break;
            case 0x98 when (value & StartDma) != 0:
                _command = value;
                RequestWork();
                break;
        }
    }

    private void ResetDma()
    {
        (_source, _destination, _count, _command) = (0, 0, 0, 0);
        Array.Clear(_buffer, 0, _buffer.Length);
    }

    // What the host does not let through is lost, as in QEMU, whose device does not look how its accesses ended.
    private void FinishDma(FunctionHost host)
    {
        var isToMemory = (_command & ToMemory) != 0;
        var place = (isToMemory ? _source : _destination) - BufferStart;
        if (place <= (ulong)_buffer.Length && _count <= (ulong)_buffer.Length - place)
        {
            var bytes = _buffer.AsSpan((int)place, (int)_count);
            _ = isToMemory ? host.WriteMemory(_destination & _dmaMask, bytes) : host.ReadMemory(_source & _dmaMask, bytes);
        }

        _command &= ~StartDma;
        if ((_command & InterruptAfterDma) != 0)
            Raise(DmaInterrupt);
    }
}
