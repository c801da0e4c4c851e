using System.Buffers;
using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation.Tests;

/// <summary>
/// A function that is looked at, as a test asks. BAR 0: 0x0 switches the looking on and off, 0x8 is a register without meaning, 0x10 asks for work.
/// </summary>
internal sealed class PolledFunction() : PciFunction(new PciIdentity(0x1af4, 0x10f3, new ClassCode(0xff0000)), [new FunctionBar(0, 0x1000)]),
    IPollingFunction, IMigratable
{
    public const ulong Switch = 0;
    public const ulong Plain = 8;
    public const ulong Ask = 0x10;

    private ulong _plain;
    private long _looks;
    private long _rests;
    private long _works;
    private bool _isPolling;
    private int _inside;

    public bool IsPolling => Volatile.Read(ref _isPolling);

    public long Looks => Volatile.Read(ref _looks);

    public long Rests => Volatile.Read(ref _rests);

    public long Works => Volatile.Read(ref _works);

    public Func<FunctionHost, bool> Look { get; set; } = _ => false;

    public bool TellsOfWork { get; set; } = true;

    /// <summary>Whether two threads were in the function at once.</summary>
    public bool WasCrowded { get; private set; }

    public bool Poll(FunctionHost host)
    {
        Come();
        _looks++;
        var found = Look(host);
        Go();
        return found;
    }

    public bool TryRest(FunctionHost host)
    {
        _rests++;
        return TellsOfWork;
    }

    public void AskFromHere() => RequestWork();

    public void SaveRegisters(IBufferWriter<byte> destination) => destination.Write([(byte)(IsPolling ? 1 : 0)]);

    public void LoadRegisters(ReadOnlySpan<byte> state) => Volatile.Write(ref _isPolling, state[0] != 0);

    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        Come();
        destination.Clear();
        if (offset == Plain)
            BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)_plain);
        Go();
    }

    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        Come();
        switch (offset)
        {
            case Switch:
                Volatile.Write(ref _isPolling, source[0] != 0);
                break;
            case Plain:
                _plain = BinaryPrimitives.ReadUInt32LittleEndian(source);
                break;
            case Ask:
                RequestWork();
                break;
        }

        Go();
    }

    protected override void OnReset() => Volatile.Write(ref _isPolling, false);

    protected override void DoWork(FunctionHost host) => _works++;

    private void Come()
    {
        if (Interlocked.Increment(ref _inside) != 1)
            WasCrowded = true;
    }

    private void Go() => Interlocked.Decrement(ref _inside);
}
