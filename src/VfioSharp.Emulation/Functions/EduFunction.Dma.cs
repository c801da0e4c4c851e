using System.Buffers;

namespace VfioSharp.Emulation.Functions;

// The DMA engine, and the state of everything as bytes.
public sealed partial class EduFunction : IMigratable
{
    private const ulong BufferStart = 0x40000;
    private const ulong StartDma = 1;
    private const ulong ToMemory = 2;
    private const ulong InterruptAfterDma = 4;

    private readonly byte[] _buffer = new byte[4096];

    // On its way: while the host's memory is waited for a reset clears the buffer.
    private readonly byte[] _moved = new byte[4096];
    private ulong _source;
    private ulong _destination;
    private ulong _count;
    private ulong _command;

    /// <inheritdoc/>
    public void SaveRegisters(IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        foreach (var value in (ReadOnlySpan<uint>)[_inverted, _factorial, _status, _interruptStatus, _messages])
            destination.Write32(value);
        foreach (var value in (ReadOnlySpan<ulong>)[_source, _destination, _count, _command])
            destination.Write64(value);
        destination.Write(_buffer);
    }

    /// <inheritdoc/>
    public void LoadRegisters(ReadOnlySpan<byte> state)
    {
        var reader = new StateReader(state);
        var (inverted, factorial, status) = (reader.Read32(), reader.Read32(), reader.Read32());
        var (interruptStatus, messages) = (reader.Read32(), reader.ReadUpTo(ushort.MaxValue));
        var (source, destination, count, command) = (reader.Read64(), reader.Read64(), reader.Read64(), reader.Read64());
        var buffer = reader.ReadBytes(_buffer.Length);
        reader.RequireEnd();
        StateReader.Require((status & ~(Computing | InterruptAfterFactorial)) == 0);

        (_inverted, _factorial, _status, _interruptStatus, _messages) = (inverted, factorial, status, interruptStatus, messages);
        (_source, _destination, _count, _command) = (source, destination, count, command);
        buffer.CopyTo(_buffer);
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
            var own = _buffer.AsSpan((int)place, (int)_count);
            var moved = _moved.AsSpan(0, own.Length);
            var resets = ResetCount;
            own.CopyTo(moved);
            _ = isToMemory ? host.WriteMemory(_destination & _dmaMask, moved) : host.ReadMemory(_source & _dmaMask, moved);
            // What was reset meanwhile has a transfer no more, or another one.
            if (ResetCount != resets)
                return;
            if (!isToMemory)
                moved.CopyTo(own);
        }

        _command &= ~StartDma;
        if ((_command & InterruptAfterDma) != 0)
            Raise(DmaInterrupt);
    }
}
