using VfioSharp.Nvme;
using VfioSharp.Nvme.Specification;
using VfioSharp.Regions;

namespace VfioSharp.Tool.Demo;

/// <summary>
/// The function of the demonstration: an NVMe controller, as a device whose registers are reached, and as a disk. Nothing else of the demonstration
/// knows its registers or its name. Not for several threads.
/// </summary>
internal sealed class DemoDisk : IDisposable
{
    /// <summary>The function's name, for `vfio serve` and for modelled hosts.</summary>
    public const string FunctionName = "nvme";

    /// <summary>Where BAR 0 has the register that is the same in each such function.</summary>
    public const ulong IdentityOffset = NvmeRegister.Vs;

    private const string Size = "256MiB";

    private NvmeController? _controller;

    private DemoDisk(VfioDevice device, RegionWindow registers, RegionWindow doorbells) =>
        (Device, Registers, Doorbells) = (device, registers, doorbells);

    /// <summary>The device.</summary>
    public VfioDevice Device { get; }

    /// <summary>The BAR that holds both.</summary>
    public Region Bar => Device.Regions[RegionIndex.Bar0];

    /// <summary>Registers that act when they are read or written.</summary>
    public RegionWindow Registers { get; }

    /// <summary>The doorbells, which the function shares as memory.</summary>
    public RegionWindow Doorbells { get; }

    /// <summary>The controller, once the driver has it.</summary>
    public NvmeController Controller => _controller ?? throw new InvalidOperationException("The driver has not begun.");

    /// <summary>The first namespace.</summary>
    public NvmeNamespace Namespace => Controller.Namespaces[0];

    /// <summary>What `vfio serve` is told, so that the disk is a file and outlives its server.</summary>
    public static IReadOnlyList<string> ServeArguments(string image) => [FunctionName, "--image", image, "--size", Size];

    /// <summary>Opens the function, without touching a register.</summary>
    /// <param name="open">Opens the device.</param>
    /// <returns>The function, which the caller owns; the device ends with it.</returns>
    /// <exception cref="VfioException">It cannot be opened, or is another function.</exception>
    public static DemoDisk Open(Func<VfioDevice> open)
    {
        var device = open();
        RegionWindow? registers = null;
        try
        {
            var bar = device.Regions[RegionIndex.Bar0];
            var areas = bar.Description.SparseAreas;
            Check.That(areas.Count == 1 && areas[0].Offset == NvmeRegister.FirstDoorbell, device.Address,
                "BAR 0 has registers, and behind them doorbells that are shared", $"there are {areas.Count} shared areas in it.");
            registers = bar.Open(new WindowOptions { LengthInBytes = areas[0].Offset, OnFault = OnFault.Throw });
            var doorbells = bar.Open(new WindowOptions { Offset = areas[0].Offset, LengthInBytes = areas[0].LengthInBytes, OnFault = OnFault.Throw });
            return new DemoDisk(device, registers, doorbells);
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

    /// <summary>Lets the driver have the controller.</summary>
    /// <exception cref="NvmeException">The controller does not do as it should.</exception>
    public async Task StartDriverAsync(CancellationToken cancellation)
    {
        _controller = await NvmeController.OpenAsync(Device, new NvmeOptions(), cancellation);
        var namespaces = Controller.Namespaces;
        Check.That(namespaces is [{ Obstacle: null }], Device.Address, "the controller has a disk", $"it has {namespaces.Count} namespaces.");
    }

    public void Dispose()
    {
        _controller?.Dispose();
        Doorbells.Dispose();
        Registers.Dispose();
        Device.Dispose();
    }
}
