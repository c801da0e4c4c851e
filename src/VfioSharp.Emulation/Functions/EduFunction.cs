using System.Buffers.Binary;
using VfioSharp.Config;

namespace VfioSharp.Emulation.Functions;

/// <summary>
/// QEMU's educational device, 1234:11e8, as its documentation has it (docs/specs/edu.rst) and, where that is silent, its source (hw/misc/edu.c):
/// a register that inverts, factorials, an interrupt with an acknowledge register, and DMA between memory and a buffer of 4096 bytes.
/// All registers little-endian.
/// </summary>
/// <remarks>
/// <para>BAR 0, 1 MiB, 32-bit: 0x00 identity 0x010000ed; 0x04 inverts what is written; 0x08 factorial; 0x20 status, bit 0 while it computes, bit 7
/// for an interrupt at the end of it; 0x24 interrupt status; 0x60 raises and 0x64 acknowledges interrupts; 0x80 DMA source, 0x88 destination, 0x90
/// count, 0x98 command: bit 0 starts, bit 1 is set for a move to memory, bit 2 asks for the interrupt 0x100 at the end. The buffer's place for DMA is
/// 0x40000. Below 0x80 accesses have 4 bytes, from there on 4 or 8; others, and those at other places, read all ones and write nothing.</para>
/// <para>It interrupts by MSI with one vector, or by its line INTA#. Different from QEMU's: MSI-X with one vector can be had beside that, in BAR 4,
/// since guests on IBM Z need it, and drivers for the original do not look at that BAR; DMA takes place as soon as the access that
/// started it is answered, not 100 ms later; DMA that does not lie in the buffer moves nothing; a reset sets the registers back.</para>
/// </remarks>
public sealed partial class EduFunction : PciFunction
{
    /// <summary>The addresses that QEMU's device reaches by DMA: 28 bit.</summary>
    public const ulong DefaultDmaMask = (1ul << 28) - 1;

    private const uint Identification = 0x0100_00ed;
    private const int WideRegisters = 0x80;
    private const uint Computing = 1;
    private const uint InterruptAfterFactorial = 0x80;
    private const uint FactorialInterrupt = 1;
    private const uint DmaInterrupt = 0x100;

    // 34! is a multiple of 2^32: what is larger gives 0 as well.
    private const uint FirstZeroFactorial = 34;

    private readonly ulong _dmaMask;
    private uint _inverted;
    private uint _factorial;
    private uint _status;
    private uint _interruptStatus;
    private uint _messages;

    /// <summary>Makes a device after power-on.</summary>
    /// <param name="withMsix">Whether it has MSI-X too, which QEMU's does not.</param>
    /// <param name="dmaMask">The bits of an address that it puts on the bus; QEMU's property dma_mask.</param>
    public EduFunction(bool withMsix = true, ulong dmaMask = DefaultDmaMask)
        : base(
            new PciIdentity(0x1234, 0x11e8, new ClassCode(0x00ff00)) { RevisionId = 0x10, SubsystemVendorId = 0x1af4, SubsystemId = 0x1100, InterruptPin = 1 },
            withMsix ? [MainBar(), new FunctionBar(4, 0x1000)] : [MainBar()],
            withMsix ? new MsixTable(4, 1, 0, 0x800) : null)
    {
        _dmaMask = dmaMask;
        Config.AddMsi(1, hasVectorMasks: false);
    }

    /// <inheritdoc/>
    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        destination.Fill(0xff);
        if (bar != 0 || !IsRegisterAccess(offset, destination.Length))
            return;
        ulong? value = offset switch
        {
            0x00 => Identification,
            0x04 => _inverted,
            0x08 => _factorial,
            0x20 => _status,
            0x24 => _interruptStatus,
            0x80 => _source,
            0x88 => _destination,
            0x90 => _count,
            0x98 => _command,
            _ => null,
        };
        if (value is not { } found)
            return;
        if (destination.Length == sizeof(uint))
            BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)found);
        else
            BinaryPrimitives.WriteUInt64LittleEndian(destination, found);
    }

    /// <inheritdoc/>
    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (bar != 0 || !IsRegisterAccess(offset, source.Length))
            return;
        var value = source.Length == sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(source) : BinaryPrimitives.ReadUInt64LittleEndian(source);
        switch (offset)
        {
            case 0x04:
                _inverted = ~(uint)value;
                break;
            case 0x08 when (_status & Computing) == 0:
                _factorial = (uint)value;
                _status |= Computing;
                RequestWork();
                break;
            case 0x20:
                _status = (_status & ~InterruptAfterFactorial) | ((uint)value & InterruptAfterFactorial);
                break;
            case 0x60:
                Raise((uint)value);
                RequestWork();
                break;
            case 0x64:
                _interruptStatus &= ~(uint)value;
                RequestWork();
                break;
            default:
                WriteDma(offset, value);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnReset()
    {
        (_inverted, _factorial, _status, _interruptStatus, _messages) = (0, 0, 0, 0, 0);
        ResetDma();
    }

    /// <inheritdoc/>
    protected override void DoWork(FunctionHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        if ((_status & Computing) != 0)
            FinishFactorial();
        if ((_command & StartDma) != 0)
            FinishDma(host);
        if (host.UsesMessages)
        {
            for (; _messages != 0; _messages--)
                host.SignalInterrupt(0);
        }
        else
        {
            _messages = 0;
            host.SetInterruptLine(_interruptStatus != 0);
        }
    }

    private static FunctionBar MainBar() => new(0, 1 << 20, is64Bit: false);

    private static bool IsRegisterAccess(ulong offset, int lengthInBytes) =>
        lengthInBytes == sizeof(uint) || (lengthInBytes == sizeof(ulong) && offset >= WideRegisters);

    private void FinishFactorial()
    {
        var value = _factorial;
        var result = value < FirstZeroFactorial ? 1u : 0;
        for (; result != 0 && value > 1; value--)
            result *= value;
        _factorial = result;
        _status &= ~Computing;
        if ((_status & InterruptAfterFactorial) != 0)
            Raise(FactorialInterrupt);
    }

    // With nothing set there is nothing to interrupt for; otherwise each raise is a message. Those that nobody has fetched are counted up to
    // what a driver could tell apart.
    private void Raise(uint bits)
    {
        _interruptStatus |= bits;
        if (_interruptStatus != 0 && _messages != ushort.MaxValue)
            _messages++;
    }
}
