namespace VfioSharp.Emulation;

/// <summary>
/// A PCI function in C#: derive from it, say what it is, answer its registers. The same object runs wherever a function can be plugged in,
/// since it knows no kernel and no transport.
/// </summary>
/// <remarks>
/// <para>Registers: <see cref="OnRead"/> and <see cref="OnWrite"/> get each access as the driver made it, 1, 2, 4 or 8 bytes wide and
/// inside the BAR; aligned to its width unless the way in allows something else. Bytes are in memory order: little-endian, as PCI has it.</para>
/// <para>DMA and interrupts: a handler calls <see cref="RequestWork"/>, and whoever plugged the function in calls <see cref="RunWork"/> once
/// the access is answered, which ends in <see cref="DoWork"/>.</para>
/// <para>Threads: who plugs the function in makes one call at a time. A function whose own threads have something to do asks for work by
/// <see cref="RequestWork"/> from any of them, and shares its state with its handlers at its own care.</para>
/// </remarks>
public abstract class PciFunction
{
    private int _hasWork;

    /// <summary>Makes a function.</summary>
    /// <param name="identity">What it says it is.</param>
    /// <param name="bars">Its BARs, in any order.</param>
    /// <param name="msix">Its MSI-X table, or null where it has no interrupts.</param>
    /// <exception cref="ArgumentException">Two BARs take the same number, or the MSI-X table does not lie within one of them.</exception>
    protected PciFunction(PciIdentity identity, IReadOnlyList<FunctionBar> bars, MsixTable? msix = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(bars);
        CheckNumbers(bars);
        Identity = identity;
        Bars = bars.ToArray();
        Msix = msix;
        if (msix is not null)
            CheckTable(msix);
        Config = new FunctionConfigSpace(identity, Bars, msix);
    }

    /// <summary>What the function says it is.</summary>
    public PciIdentity Identity { get; }

    /// <summary>Its BARs.</summary>
    public IReadOnlyList<FunctionBar> Bars { get; }

    /// <summary>Its MSI-X table, or null.</summary>
    public MsixTable? Msix { get; }

    /// <summary>Its configuration space.</summary>
    public FunctionConfigSpace Config { get; }

    /// <summary>Raised from any thread when the function asks for work outside of an access.</summary>
    public event EventHandler? WorkRequested;

    /// <summary>Whether <see cref="RunWork"/> has something to do.</summary>
    public bool HasWork => Volatile.Read(ref _hasWork) != 0;

    /// <summary>The BAR of a number.</summary>
    /// <param name="index">0 to 5.</param>
    /// <returns>The BAR, or null where the function has none of that number.</returns>
    public FunctionBar? FindBar(int index)
    {
        foreach (var bar in Bars)
        {
            if (bar.Index == index)
                return bar;
        }

        return null;
    }

    /// <summary>One read of a register.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="destination">Takes the bytes; 1, 2, 4 or 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such BAR, the access is none of these widths, or it does not lie within the BAR.</exception>
    public void ReadBar(int bar, ulong offset, Span<byte> destination)
    {
        CheckAccess(bar, offset, destination.Length);
        if (Msix is null || !Msix.TryRead(bar, offset, destination))
            OnRead(bar, offset, destination);
    }

    /// <summary>One write of a register.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="source">The bytes; 1, 2, 4 or 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such BAR, the access is none of these widths, or it does not lie within the BAR.</exception>
    public void WriteBar(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        CheckAccess(bar, offset, source.Length);
        if (Msix is null || !Msix.TryWrite(bar, offset, source))
            OnWrite(bar, offset, source);
    }

    /// <summary>One store of more than a register: IBM Z's PCI Store Block.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR, a multiple of 8.</param>
    /// <param name="source">The bytes: a multiple of 8, no more than 4096.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such BAR, or the block is none of these or does not lie within the BAR.</exception>
    public void StoreBlock(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        if (source.Length is 0 or > 4096 || (source.Length & 7) != 0 || (offset & 7) != 0)
            throw new ArgumentOutOfRangeException(nameof(source), source.Length, "A block has 8 to 4096 bytes, a multiple of 8, at a multiple of 8.");
        CheckRange(bar, offset, source.Length);
        OnStoreBlock(bar, offset, source);
    }

    /// <summary>Puts the function into the state after power-on: configuration space, MSI-X table, then <see cref="OnReset"/>.</summary>
    public void Reset()
    {
        Config.Reset();
        Msix?.Reset();
        OnReset();
    }

    /// <summary>Lets the function do what it has asked for. To be called after each access, and when <see cref="WorkRequested"/> was raised.</summary>
    /// <param name="host">What the function is plugged into.</param>
    public void RunWork(FunctionHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        // Work that is requested meanwhile is done in another turn, so that no request is lost and none is done twice.
        while (Interlocked.Exchange(ref _hasWork, 0) != 0)
            DoWork(host);
    }

    /// <summary>Asks that <see cref="DoWork"/> be called soon. May be called from any thread, and from any handler.</summary>
    protected void RequestWork()
    {
        if (Interlocked.Exchange(ref _hasWork, 1) == 0)
            WorkRequested?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Answers a read.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="destination">To be filled; 1, 2, 4 or 8 bytes.</param>
    protected abstract void OnRead(int bar, ulong offset, Span<byte> destination);

    /// <summary>Takes a write.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR.</param>
    /// <param name="source">The bytes; 1, 2, 4 or 8.</param>
    protected abstract void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source);

    /// <summary>Takes a block store. A function that does not care gets writes of 8 bytes in ascending order.</summary>
    /// <param name="bar">The BAR's number.</param>
    /// <param name="offset">The first byte in the BAR, a multiple of 8.</param>
    /// <param name="source">The bytes: a multiple of 8, no more than 4096.</param>
    protected virtual void OnStoreBlock(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        for (var i = 0; i < source.Length; i += sizeof(ulong))
            WriteBar(bar, offset + (ulong)i, source.Slice(i, sizeof(ulong)));
    }

    /// <summary>Puts the function's own registers into the state after power-on. Does nothing unless overridden.</summary>
    protected virtual void OnReset()
    {
    }

    /// <summary>Reaches the host's memory and raises interrupts. Does nothing unless overridden.</summary>
    /// <param name="host">What the function is plugged into; not to be kept.</param>
    protected virtual void DoWork(FunctionHost host)
    {
    }

    private static void CheckNumbers(IReadOnlyList<FunctionBar> bars)
    {
        var taken = 0;
        foreach (var bar in bars)
        {
            var numbers = (bar.Is64Bit ? 3 : 1) << bar.Index;
            if ((taken & numbers) != 0)
                throw new ArgumentException($"BAR {bar.Index} takes a number that another BAR has; a BAR of 64 bit takes two.", nameof(bars));
            taken |= numbers;
        }
    }

    private void CheckTable(MsixTable msix)
    {
        if (FindBar(msix.Bar) is not { } bar || msix.EndOffset > bar.LengthInBytes)
            throw new ArgumentException($"The MSI-X table does not lie within BAR {msix.Bar} of the function.", nameof(msix));
    }

    private void CheckAccess(int bar, ulong offset, int lengthInBytes)
    {
        if (lengthInBytes is not (1 or 2 or 4 or 8))
            throw new ArgumentOutOfRangeException(nameof(lengthInBytes), lengthInBytes, "A register access has 1, 2, 4 or 8 bytes.");
        CheckRange(bar, offset, lengthInBytes);
    }

    private void CheckRange(int bar, ulong offset, int lengthInBytes)
    {
        var length = (FindBar(bar) ?? throw new ArgumentOutOfRangeException(nameof(bar), bar, "The function has no BAR of this number.")).LengthInBytes;
        if (offset >= length || (ulong)lengthInBytes > length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{lengthInBytes} bytes at offset 0x{offset:x} do not lie within BAR {bar}.");
    }
}
