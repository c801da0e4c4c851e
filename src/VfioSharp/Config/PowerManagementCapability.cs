namespace VfioSharp.Config;

/// <summary>The power states of a function (PCI Express Base 5.3.1).</summary>
public enum PowerState
{
    /// <summary>Full function.</summary>
    D0 = 0,
    /// <summary>A light sleep that few functions have.</summary>
    D1 = 1,
    /// <summary>A deeper sleep that few functions have.</summary>
    D2 = 2,
    /// <summary>Off but for configuration space; memory and I/O are not answered, and the function may come back reset.</summary>
    D3Hot = 3,
}

/// <summary>The power management registers (PCI Express Base 7.5.2). Each property reads the device.</summary>
public sealed class PowerManagementCapability
{
    internal const int LengthInBytes = 8;

    private const int CapabilitiesOffset = 2;
    private const int ControlOffset = 4;
    private const ushort StateMask = 3;
    private const ushort NoSoftResetBit = 1 << 3;
    private const ushort PmeStatusBit = 1 << 15;
    private const ushort D1Bit = 1 << 9;
    private const ushort D2Bit = 1 << 10;

    private readonly ConfigSpace _config;

    internal PowerManagementCapability(ConfigSpace config, int offset)
    {
        _config = config;
        Offset = offset;
    }

    /// <summary>Where the capability begins in configuration space.</summary>
    public int Offset { get; }

    /// <summary>The version of the layout; 3 today.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public int Version => _config.Read16(Offset + CapabilitiesOffset) & 7;

    /// <summary>Whether the function has D1.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool SupportsD1 => (_config.Read16(Offset + CapabilitiesOffset) & D1Bit) != 0;

    /// <summary>Whether the function has D2.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool SupportsD2 => (_config.Read16(Offset + CapabilitiesOffset) & D2Bit) != 0;

    /// <summary>Whether the function keeps its registers on the way from D3hot to D0, instead of coming back reset.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool KeepsStateInD3Hot => (_config.Read16(Offset + ControlOffset) & NoSoftResetBit) != 0;

    /// <summary>The state that the function is in.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public PowerState State => (PowerState)(_config.Read16(Offset + ControlOffset) & StateMask);

    /// <summary>
    /// Asks for a state. The caller waits before the next access to the function: 10 milliseconds into and out of D3hot, 200
    /// microseconds into and out of D2 (PCI Express Base 5.9). Under VFIO mapped BARs fault while the function is in D3hot.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such state.</exception>
    /// <exception cref="VfioException">The function does not have the state, or an access failed.</exception>
    public void SetState(PowerState state)
    {
        if (state is < PowerState.D0 or > PowerState.D3Hot)
            throw new ArgumentOutOfRangeException(nameof(state), state, "The states are D0, D1, D2 and D3hot.");
        if ((state == PowerState.D1 && !SupportsD1) || (state == PowerState.D2 && !SupportsD2))
            throw _config.Failure($"put the function into {state}", "it does not have that state.");
        // The PME status bit clears when it is written as 1: write it as 0.
        _config.Change16(Offset + ControlOffset, unchecked((ushort)~(StateMask | PmeStatusBit)), (ushort)state);
    }
}
