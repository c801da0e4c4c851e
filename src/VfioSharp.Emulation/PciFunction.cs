namespace VfioSharp.Emulation;

/// <summary>
/// A PCI function in C#: derive from it, say what it is, answer its registers. The same object runs wherever a function can be plugged in,
/// since it knows no kernel and no transport.
/// </summary>
/// <remarks>
/// <para>Registers: <see cref="OnRead"/> and <see cref="OnWrite"/> get each access as the driver made it, 1, 2, 4 or 8 bytes wide and
/// inside the BAR; aligned to its width unless the way in allows something else. Bytes are in memory order: little-endian, as PCI has it.
/// Accesses to the MSI-X table and to shared areas (<see cref="FunctionBar.SharedAreas"/>) do not reach them.</para>
/// <para>DMA and interrupts: a handler calls <see cref="RequestWork"/>, and whoever plugged the function in calls <see cref="RunWork"/> once
/// the access is answered, which ends in <see cref="DoWork"/>.</para>
/// <para>Threads: who plugs the function in makes one call at a time. A function whose own threads have something to do asks for work by
/// <see cref="RequestWork"/> from any of them, and shares its state with its handlers at its own care.</para>
/// </remarks>
public abstract partial class PciFunction : IDisposable
{
    private const int MostBars = 6;

    private readonly FunctionBar?[] _barOfNumber = new FunctionBar?[MostBars];
    private readonly SharedBarMemory?[] _sharedMemory = new SharedBarMemory?[MostBars];
    private int _hasWork;
    private int _isPluggedIn;

    /// <summary>Makes a function.</summary>
    /// <param name="identity">What it says it is.</param>
    /// <param name="bars">Its BARs, in any order.</param>
    /// <param name="msix">Its MSI-X table, or null where it has none.</param>
    /// <exception cref="ArgumentException">
    /// Two BARs take the same number, or the MSI-X table does not lie within one of them, outside of its shared areas.
    /// </exception>
    /// <exception cref="VfioException">There is no memory for the shared areas of the BARs, or no descriptor.</exception>
    protected PciFunction(PciIdentity identity, IReadOnlyList<FunctionBar> bars, MsixTable? msix = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(bars);
        CheckNumbers(bars);
        Identity = identity;
        Bars = bars.ToArray();
        foreach (var bar in Bars)
            _barOfNumber[bar.Index] = bar;
        Msix = msix;
        if (msix is not null)
            CheckTable(msix);
        Config = new FunctionConfigSpace(identity, Bars, msix);
        AllocateSharedMemory();
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

    /// <summary>
    /// How many resets there were. Work that has waited for the host's memory (<see cref="FunctionHost"/>) compares it with what it was before:
    /// after a reset there is nothing left to go on with.
    /// </summary>
    protected int ResetCount { get; private set; }

    /// <summary>The BAR of a number.</summary>
    /// <param name="index">0 to 5.</param>
    /// <returns>The BAR, or null where the function has none of that number.</returns>
    public FunctionBar? FindBar(int index) => index is >= 0 and < MostBars ? _barOfNumber[index] : null;

    /// <summary>The memory of a BAR's shared areas.</summary>
    /// <param name="bar">0 to 5.</param>
    /// <returns>The memory, which the function owns; null where the BAR has no shared areas, or the function no such BAR.</returns>
    public SharedBarMemory? GetSharedMemory(int bar) => bar is >= 0 and < MostBars ? _sharedMemory[bar] : null;

    /// <summary>
    /// Puts the function into the state after power-on: configuration space, MSI-X table, shared memory unless <see cref="KeepsSharedMemory"/>, then
    /// <see cref="OnReset"/>.
    /// </summary>
    public void Reset()
    {
        Config.Reset();
        Msix?.Reset();
        if (!KeepsSharedMemory)
        {
            foreach (var memory in _sharedMemory)
                memory?.Clear();
        }

        ResetCount++;
        OnReset();
        HasBeenReset?.Invoke();
    }

    /// <summary>
    /// Gives the shared memory back. Whoever plugged the function in does so first: no call may be under way. A second call does nothing.
    /// </summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets the function do what it has asked for. To be called after each access, and when <see cref="WorkRequested"/> was raised.</summary>
    /// <param name="host">What the function is plugged into.</param>
    public void RunWork(FunctionHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        // Work that is requested meanwhile is done in another turn, so that no request is lost and none is done twice.
        while (RunTurn(host))
        {
        }
    }

    /// <summary>Takes the function for whoever makes its calls one at a time, which two could not.</summary>
    /// <exception cref="InvalidOperationException">It is taken.</exception>
    internal void PlugIn()
    {
        if (Interlocked.Exchange(ref _isPluggedIn, 1) != 0)
        {
            throw new InvalidOperationException(
                $"The {GetType().Name} is served or open already; a function is used by one server or device at a time.");
        }
    }

    /// <summary>Gives the function back.</summary>
    internal void Unplug() => Volatile.Write(ref _isPluggedIn, 0);

    /// <summary>Lets the function do what it has asked for until now, and no more.</summary>
    /// <returns>Whether it had asked for anything.</returns>
    internal bool RunTurn(FunctionHost host)
    {
        if (Interlocked.Exchange(ref _hasWork, 0) == 0)
            return false;
        DoWork(host);
        return true;
    }

    /// <summary>
    /// Asks that <see cref="DoWork"/> be called soon. May be called from any thread, from any handler, and from <see cref="DoWork"/> itself, which
    /// is then called once more: a function that always has something to do so lets accesses in between.
    /// </summary>
    protected void RequestWork()
    {
        if (Interlocked.Exchange(ref _hasWork, 1) == 0)
            WorkRequested?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>
    /// Whether a reset leaves the shared memory as it is, as that of a card with RAM may survive one; by default it becomes 0, so that nothing
    /// is left of the driver before.
    /// </summary>
    protected virtual bool KeepsSharedMemory => false;

    /// <summary>Puts the function's own registers into the state after power-on. Does nothing unless overridden.</summary>
    protected virtual void OnReset()
    {
    }

    /// <summary>Reaches the host's memory and raises interrupts. Does nothing unless overridden.</summary>
    /// <param name="host">What the function is plugged into; not to be kept.</param>
    protected virtual void DoWork(FunctionHost host)
    {
    }

    /// <summary>Gives back what the function owns.</summary>
    /// <param name="disposing">Always true: what needs a finalizer has its own.</param>
    protected virtual void Dispose(bool disposing)
    {
        foreach (var memory in _sharedMemory)
            memory?.Dispose();
    }

    private void AllocateSharedMemory()
    {
        try
        {
            foreach (var bar in Bars)
            {
                if (bar.SharedAreas.Count != 0)
                    _sharedMemory[bar.Index] = SharedBarMemory.Create(bar);
            }
        }
        catch
        {
            foreach (var memory in _sharedMemory)
                memory?.Dispose();
            throw;
        }
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
        foreach (var area in bar.SharedAreas)
        {
            // A driver's writes there must reach the function, which interrupts by what they say.
            if (msix.Overlaps(area.Offset, area.LengthInBytes))
                throw new ArgumentException($"The MSI-X table lies within a shared area of BAR {msix.Bar}.", nameof(msix));
        }
    }
}
