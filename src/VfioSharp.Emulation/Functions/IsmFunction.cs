using VfioSharp.Config;

namespace VfioSharp.Emulation.Functions;

/// <summary>
/// IBM's Internal Shared Memory device, 1014:04ed, looped back to itself: what is moved into one of its own buffers arrives there by DMA.
/// BAR 0, 256 TiB, takes the moves; BAR 2 takes commands; BAR 4 holds the MSI-X table that emulated functions need (a real one uses MSI).
/// Its numbers are big-endian, unlike those of other PCI functions.
/// </summary>
/// <remarks>
/// <para>The interface is not published. This follows the driver that Linux has for it (drivers/s390/net/ism.h and ism_drv.c); where the
/// driver does not show what the device does, the choice made here is said at its place.</para>
/// <para>A command: its parameters by a block store at 8 of BAR 2, then its header of 8 bytes (code, 32 bit; 16 bit unused; length of the whole,
/// 16 bit) by one at 0, which starts it. The answer is read from 0 on: code, return code (16 bit, 0 for success), length (16 bit), data.</para>
/// <para>A move: a block store in BAR 0 at offset token | mask index &lt;&lt; 24 | signal &lt;&lt; 23 | offset in the buffer.</para>
/// <para>What no real device has: the last part of BAR 2 tells of the moves, those to no buffer too, and cannot be written; big-endian. 0xf00 how
/// many there were (64 bit), 0xf08 offset of the last (64 bit), 0xf10 its length in bytes (64 bit), 0xf40 its data, the first 128 bytes of it.</para>
/// </remarks>
public sealed partial class IsmFunction : PciFunction
{
    /// <summary>The device id of IBM's device.</summary>
    public const ushort DefaultDeviceId = 0x04ed;

    /// <summary>The global identifier where no other is given.</summary>
    public const ulong DefaultGid = 0x1122_3344_5566_7788;

    private const int MoveBar = 0;
    private const int CommandBar = 2;
    private const int CommandAreaLengthInBytes = 0x1000;

    private readonly IsmStoreForm _form;

    /// <summary>Makes a device after power-on.</summary>
    /// <param name="gid">Its global identifier, by which others would know it.</param>
    /// <param name="deviceId">Its device id: Linux treats 04ed as an ISM device, and the same function under another id as any function.</param>
    /// <param name="form">In what form block stores arrive.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such form.</exception>
    public IsmFunction(ulong gid = DefaultGid, ushort deviceId = DefaultDeviceId, IsmStoreForm form = IsmStoreForm.Block)
        : base(
            new PciIdentity(0x1014, deviceId, new ClassCode(0)),
            [new FunctionBar(MoveBar, 1ul << 48), new FunctionBar(CommandBar, CommandAreaLengthInBytes), new FunctionBar(4, 0x2000)],
            new MsixTable(4, 4, 0, 0x1000))
    {
        if (form is < IsmStoreForm.Block or > IsmStoreForm.ReversedEightBytes)
            throw new ArgumentOutOfRangeException(nameof(form), form, "There is no such form of block stores.");
        _gid = gid;
        _form = form;
    }

    /// <inheritdoc/>
    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        destination.Clear();
        // The window of moves is for stores alone.
        if (bar != CommandBar)
            return;
        ExecutePending();
        _area.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    /// <summary>
    /// Takes writes of 8 bytes where block stores arrive in such, and no others: the device knows block stores alone, and a lost write is what a
    /// driver that does not know gets.
    /// </summary>
    /// <inheritdoc/>
    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (_form == IsmStoreForm.Block || source.Length != sizeof(ulong) || (offset & 7) != 0)
            return;
        if (_form == IsmStoreForm.EightBytes)
        {
            Store(bar, offset, source);
            return;
        }

        Span<byte> turned = stackalloc byte[sizeof(ulong)];
        source.CopyTo(turned);
        turned.Reverse();
        Store(bar, offset, turned);
    }

    /// <inheritdoc/>
    protected override void OnStoreBlock(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (_form == IsmStoreForm.Block)
            Store(bar, offset, source);
        else
            base.OnStoreBlock(bar, offset, source);
    }

    /// <inheritdoc/>
    protected override void OnReset()
    {
        Array.Clear(_area, 0, _area.Length);
        _buffers.Clear();
        _moves.Clear();
        _isCommandPending = false;
        (_moveCount, _summaryArea, _eventQueue, _eventQueueLength, _nextToken) = (0, 0, 0, 0, FirstToken);
    }

    private void Store(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        switch (bar)
        {
            case MoveBar:
                Note(offset, source);
                Move(offset, source);
                break;
            case CommandBar:
                TakeCommand((int)offset, source);
                break;
        }
    }
}
