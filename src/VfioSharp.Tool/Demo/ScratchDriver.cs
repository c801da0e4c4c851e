using System.Diagnostics;
using VfioSharp.Dma;
using VfioSharp.Regions;

namespace VfioSharp.Tool.Demo;

/// <summary>
/// The function of the demonstration and the little driver that it takes. Nothing else of the demonstration knows its registers
/// (<see cref="Emulation.Functions.ScratchFunction"/>) or its name.
/// </summary>
internal sealed class ScratchDriver : IDisposable
{
    /// <summary>The function's name, for `vfio serve` and for modelled hosts.</summary>
    public const string FunctionName = "scratch";

    /// <summary>Where BAR 0 has the register that says what the function is.</summary>
    public const ulong IdentityOffset = 0;

    private const ulong TriggerRegister = 0x10;
    private const ulong SourceRegister = 0x40;
    private const ulong DestinationRegister = 0x48;
    private const ulong LengthRegister = 0x50;
    private const ulong CommandRegister = 0x54;
    private const ulong StatusRegister = 0x58;
    private const uint FromMemory = 1;
    private const uint ToMemory = 2;
    private const uint WithinMemory = 3;
    private const uint Finished = 2;
    private const uint Failed = 4;

    private static readonly TimeSpan LongestMove = TimeSpan.FromSeconds(5);

    private ScratchDriver(VfioDevice device, RegionWindow registers, RegionWindow sharedMemory) =>
        (Device, Registers, SharedMemory) = (device, registers, sharedMemory);

    /// <summary>The device.</summary>
    public VfioDevice Device { get; }

    /// <summary>The BAR that holds both.</summary>
    public Region Bar => Device.Regions[RegionIndex.Bar0];

    /// <summary>Registers that act when they are read or written.</summary>
    public RegionWindow Registers { get; }

    /// <summary>The part of the BAR that the function shares as memory.</summary>
    public RegionWindow SharedMemory { get; }

    /// <summary>Opens the function.</summary>
    /// <param name="open">Opens the device.</param>
    /// <returns>The driver, which the caller owns; the device ends with it.</returns>
    /// <exception cref="VfioException">It cannot be opened, or is another function.</exception>
    public static ScratchDriver Open(Func<VfioDevice> open)
    {
        var device = open();
        RegionWindow? registers = null;
        try
        {
            var bar = device.Regions[RegionIndex.Bar0];
            var areas = bar.Description.SparseAreas;
            Check.That(areas.Count == 1 && areas[0].Offset > 0, device.Address, "BAR 0 has registers, and behind them memory that is shared",
                $"there are {areas.Count} shared areas in it.");
            registers = bar.Open(new WindowOptions { LengthInBytes = areas[0].Offset, OnFault = OnFault.Throw });
            var sharedMemory = bar.Open(new WindowOptions { Offset = areas[0].Offset, LengthInBytes = areas[0].LengthInBytes, OnFault = OnFault.Throw });
            return new ScratchDriver(device, registers, sharedMemory);
        }
        catch
        {
            registers?.Dispose();
            device.Dispose();
            throw;
        }
    }

    /// <summary>What the function says it is.</summary>
    public uint ReadIdentity() => Registers.Read32(IdentityOffset);

    /// <summary>Lets the function take memory into what it shares.</summary>
    /// <exception cref="VfioException">It says that it cannot, or does not say that it is done.</exception>
    public void MoveIn(Iova source, int lengthInBytes) => Move(FromMemory, source.Value, SharedMemory.RegionOffset, lengthInBytes);

    /// <summary>Lets the function put what it shares into memory.</summary>
    /// <exception cref="VfioException">It says that it cannot, or does not say that it is done.</exception>
    public void MoveOut(Iova target, int lengthInBytes) => Move(ToMemory, SharedMemory.RegionOffset, target.Value, lengthInBytes);

    /// <summary>Lets the function copy memory.</summary>
    /// <exception cref="VfioException">It says that it cannot, or does not say that it is done.</exception>
    public void Copy(Iova source, Iova target, int lengthInBytes) => Move(WithinMemory, source.Value, target.Value, lengthInBytes);

    /// <summary>Lets the function raise an MSI-X vector.</summary>
    public void Interrupt(int vector) => Registers.Write32(TriggerRegister, (uint)vector);

    public void Dispose()
    {
        SharedMemory.Dispose();
        Registers.Dispose();
        Device.Dispose();
    }

    private void Move(uint command, ulong source, ulong destination, int lengthInBytes)
    {
        Registers.Write64(SourceRegister, source);
        Registers.Write64(DestinationRegister, destination);
        Registers.Write32(LengthRegister, (uint)lengthInBytes);
        Registers.Write32(CommandRegister, command);
        var moving = Stopwatch.StartNew();
        uint status;
        do
            status = Registers.Read32(StatusRegister);
        while ((status & Finished) == 0 && moving.Elapsed < LongestMove);
        Check.That((status & (Finished | Failed)) == Finished, Device.Address, "the function moved the data", $"its status is 0x{status:x}.");
    }
}
