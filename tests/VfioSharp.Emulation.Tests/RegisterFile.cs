using VfioSharp.Config;

namespace VfioSharp.Emulation.Tests;

/// <summary>A function of 64 registers that hold what is written, and an interrupt for each write of the last one.</summary>
internal sealed class RegisterFile() : PciFunction(
    new PciIdentity(0x1af4, 0x10f0, new ClassCode(0xff0000)), [new FunctionBar(0, 0x4000), new FunctionBar(4, 0x1000)], new MsixTable(4, 2, 0, 0x800))
{
    private const ulong Bell = 0x1f8;

    private readonly byte[] _registers = new byte[0x200];

    /// <summary>The accesses in order: "read 0x8 4".</summary>
    public List<string> Accesses { get; } = [];

    public int Resets { get; private set; }

    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        Accesses.Add($"read 0x{offset:x} {destination.Length}");
        destination.Clear();
        if (offset + (ulong)destination.Length <= (ulong)_registers.Length)
            _registers.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        Accesses.Add($"write 0x{offset:x} {source.Length}");
        if (offset + (ulong)source.Length <= (ulong)_registers.Length)
            source.CopyTo(_registers.AsSpan((int)offset));
        if (offset == Bell)
            RequestWork();
    }

    protected override void OnReset()
    {
        _registers.AsSpan().Clear();
        Resets++;
    }

    protected override void DoWork(FunctionHost host) => host.SignalInterrupt(0);
}
