namespace VfioSharp.Config;

public sealed partial class ConfigSpace
{
    private const int HeaderLayoutMask = 0x7f;
    private const int MultiFunctionBit = 0x80;

    private readonly object _changeLock = new();

    /// <summary>The vendor (PCI Express Base 7.5.1.1.1); 0xffff where the function does not answer.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public ushort VendorId => Read16(ConfigRegister.VendorId);

    /// <summary>The device, as its vendor numbers it (PCI Express Base 7.5.1.1.2).</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public ushort DeviceId => Read16(ConfigRegister.DeviceId);

    /// <summary>The revision (PCI Express Base 7.5.1.1.5).</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public byte RevisionId => (byte)Read32(ConfigRegister.RevisionAndClass);

    /// <summary>What kind of function it is (PCI Express Base 7.5.1.1.6).</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public ClassCode ClassCode => new(Read32(ConfigRegister.RevisionAndClass) >> 8);

    /// <summary>The layout of the header (PCI Express Base 7.5.1.1.9).</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public HeaderLayout HeaderLayout => (HeaderLayout)(Read8(ConfigRegister.HeaderType) & HeaderLayoutMask);

    /// <summary>Whether the device says that it has more functions than this one (PCI Express Base 7.5.1.1.9).</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public bool IsMultiFunction => (Read8(ConfigRegister.HeaderType) & MultiFunctionBit) != 0;

    /// <summary>Who built the card around the function (PCI Express Base 7.5.1.2.3; bridges say it in a capability); null where it does not say.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public SubsystemId? Subsystem
    {
        get
        {
            if (HeaderLayout == HeaderLayout.Endpoint)
                return new SubsystemId(Read16(ConfigRegister.SubsystemVendorId), Read16(ConfigRegister.SubsystemId));
            return FindCapability(CapabilityId.BridgeSubsystem, 8) is { } offset ? new SubsystemId(Read16(offset + 4), Read16(offset + 6)) : null;
        }
    }

    /// <summary>What the function may do on the bus (PCI Express Base 7.5.1.1.3). To change single bits, use the methods for it.</summary>
    /// <exception cref="VfioException">The access failed.</exception>
    public CommandFlags Command
    {
        get => (CommandFlags)Read16(ConfigRegister.Command);
        set
        {
            lock (_changeLock)
                Write16(ConfigRegister.Command, (ushort)value);
        }
    }

    /// <summary>What happened on the bus, and what the function has (PCI Express Base 7.5.1.1.4).</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public StatusFlags Status => (StatusFlags)Read16(ConfigRegister.Status);

    /// <summary>The INTx wire that the function pulls (PCI Express Base 7.5.1.1.13). VFIO says None where the host cannot deliver INTx.</summary>
    /// <exception cref="VfioException">The read failed.</exception>
    public InterruptPin InterruptPin => (InterruptPin)Read8(ConfigRegister.InterruptPin);

    /// <summary>Lets the function answer accesses to its memory BARs. Where they were off, mapped BARs come back by themselves.</summary>
    /// <exception cref="VfioException">The access failed.</exception>
    public void EnableMemory() => ChangeCommand(set: CommandFlags.Memory, clear: CommandFlags.None);

    /// <summary>Stops the function from answering accesses to its memory BARs. Accesses through windows then fault until it is enabled again.</summary>
    /// <exception cref="VfioException">The access failed.</exception>
    public void DisableMemory() => ChangeCommand(set: CommandFlags.None, clear: CommandFlags.Memory);

    /// <summary>Lets the function send requests: DMA, and with it MSI and MSI-X.</summary>
    /// <exception cref="VfioException">The access failed.</exception>
    public void EnableBusMaster() => ChangeCommand(set: CommandFlags.BusMaster, clear: CommandFlags.None);

    /// <summary>Stops the function from sending requests. What is on its way may still arrive.</summary>
    /// <exception cref="VfioException">The access failed.</exception>
    public void DisableBusMaster() => ChangeCommand(set: CommandFlags.None, clear: CommandFlags.BusMaster);

    /// <summary>Reads the base address registers (PCI Express Base 7.5.1.2.1).</summary>
    /// <returns>
    /// Those that are not 0, ascending; the upper half of a 64-bit BAR is part of the lower one's. A register of 0 is no BAR, or one
    /// without an address yet: the size of its region tells which.
    /// </returns>
    /// <exception cref="VfioException">A read failed.</exception>
    public IReadOnlyList<BaseAddress> ReadBaseAddresses()
    {
        var count = HeaderLayout switch
        {
            HeaderLayout.Endpoint => 6,
            HeaderLayout.Bridge => 2,
            HeaderLayout.CardBusBridge => 1,
            _ => 0,
        };
        var registers = new uint[count];
        for (var index = 0; index < count; index++)
            registers[index] = Read32(ConfigRegister.Bar0 + (4 * index));
        return BaseAddress.Decode(registers);
    }

    private void ChangeCommand(CommandFlags set, CommandFlags clear)
    {
        lock (_changeLock)
        {
            // 16 bit wide: the status register beside it clears what is written as 1.
            var command = (CommandFlags)Read16(ConfigRegister.Command);
            Write16(ConfigRegister.Command, (ushort)((command | set) & ~clear));
        }
    }
}
