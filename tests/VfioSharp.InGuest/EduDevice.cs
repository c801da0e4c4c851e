using System.Diagnostics;
using VfioSharp.Dma;
using VfioSharp.Interrupts;
using VfioSharp.Regions;

namespace VfioSharp.InGuest;

/// <summary>A driver of QEMU's educational device (docs/specs/edu.rst in QEMU): just enough to make it compute, interrupt and do DMA.</summary>
internal sealed class EduDevice : IDisposable
{
    public const ulong Identification = 0x00;
    public const ulong Inverter = 0x04;
    public const ulong Factorial = 0x08;
    public const ulong Status = 0x20;
    public const ulong InterruptStatus = 0x24;
    public const ulong RaiseInterrupt = 0x60;
    public const ulong AcknowledgeInterrupt = 0x64;

    public const uint IdentificationValue = 0x010000ed;
    public const uint Computing = 0x01;
    public const uint InterruptAfterFactorial = 0x80;
    public const uint DmaInterrupt = 0x100;

    /// <summary>
    /// The device clamps the addresses of its DMA to 28 bit; where an IOMMU gives out none of these, on IBM Z, it is one that does not.
    /// </summary>
    public static readonly DmaMapOptions Reachable = new() { Highest = Guest.IsIbmZ ? null : new Iova((1 << 28) - 1) };

    private const ulong DmaSource = 0x80;
    private const ulong DmaDestination = 0x88;
    private const ulong DmaCount = 0x90;
    private const ulong DmaCommand = 0x98;
    private const ulong DmaRun = 1;
    private const ulong DmaToMemory = 2;
    private const ulong DmaWithInterrupt = 4;
    private const ulong BufferAddress = 0x40000;

    public EduDevice(VfioOptions? options = null)
    {
        Device = Guest.Open("edu", (options ?? new VfioOptions()) with { AllowNoIommu = true });
        Registers = Device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        // The device knows no reset: what an earlier user left pending would fire for this one.
        Registers.Write32(AcknowledgeInterrupt, uint.MaxValue);
    }

    public VfioDevice Device { get; }

    public RegionWindow Registers { get; }

    /// <summary>MSI, or MSI-X where only that is possible.</summary>
    public InterruptSource Messages => Device.Interrupts.Msi.IsPresent ? Device.Interrupts.Msi : Device.Interrupts.Msix;

    public void StartReadFromMemory(Iova source, ulong lengthInBytes) => StartDma(source.Value, BufferAddress, lengthInBytes, DmaRun | DmaWithInterrupt);

    public void StartWriteToMemory(Iova destination, ulong lengthInBytes) =>
        StartDma(BufferAddress, destination.Value, lengthInBytes, DmaRun | DmaToMemory | DmaWithInterrupt);

    public void WaitForDma()
    {
        var watch = Stopwatch.StartNew();
        while ((Registers.Read64(DmaCommand) & DmaRun) != 0)
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "the device's DMA engine did not finish within 30 s");
    }

    public void Dispose()
    {
        Registers.Dispose();
        Device.Dispose();
    }

    private void StartDma(ulong source, ulong destination, ulong lengthInBytes, ulong command)
    {
        Registers.Write64(DmaSource, source);
        Registers.Write64(DmaDestination, destination);
        Registers.Write64(DmaCount, lengthInBytes);
        Registers.Write64(DmaCommand, command);
    }
}
