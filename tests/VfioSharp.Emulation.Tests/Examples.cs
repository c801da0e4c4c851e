using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation.Tests;

// The documentation shows this file: a whole function, small enough to read at a glance.

/// <summary>Sixteen registers of 32 bit at 0x00 to 0x3c; a write to 0x40 sums them up into memory at the address at 0x48, and interrupts.</summary>
internal sealed class SummingFunction() : PciFunction(
    new PciIdentity(0x1af4, 0x10ff, new ClassCode(0xff0000)), [new FunctionBar(0, 0x1000), new FunctionBar(2, 0x1000)], new MsixTable(2, 1, 0, 0x800))
{
    private readonly byte[] _registers = new byte[0x50];

    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        destination.Clear();
        if (bar == 0 && offset + (ulong)destination.Length <= (ulong)_registers.Length)
            _registers.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (bar != 0 || offset + (ulong)source.Length > (ulong)_registers.Length)
            return;
        source.CopyTo(_registers.AsSpan((int)offset));
        if (offset == 0x40)
            RequestWork();
    }

    protected override void OnReset() => _registers.AsSpan().Clear();

    protected override void DoWork(FunctionHost host)
    {
        Span<byte> sum = stackalloc byte[sizeof(uint)];
        var total = 0u;
        for (var i = 0; i < 0x40; i += sizeof(uint))
            total += BinaryPrimitives.ReadUInt32LittleEndian(_registers.AsSpan(i));
        BinaryPrimitives.WriteUInt32LittleEndian(sum, total);
        if (host.WriteMemory(BinaryPrimitives.ReadUInt64LittleEndian(_registers.AsSpan(0x48)), sum))
            host.SignalInterrupt(0);
    }
}
