using System.Diagnostics;
using VfioSharp.Regions;

namespace VfioSharp.InGuest.Served;

/// <summary>A driver of the emulation's scratch function (1af4:10f0), which this repository serves to the guest over vfio-user.</summary>
internal sealed class ScratchDevice : IDisposable
{
    public const ulong Identity = 0x00;
    public const ulong Trigger = 0x10;
    public const ulong ClearCounters = 0x14;
    public const ulong Signalled = 0x18;
    public const ulong Reads = 0x100;
    public const ulong Writes = 0x120;
    public const ulong LastOffset = 0x148;
    public const ulong LastWidth = 0x150;
    public const ulong LastBar = 0x154;
    public const ulong LastValue = 0x158;

    public const uint IdentityValue = 0x5452_4353;
    public const ulong SharedMemory = 0x1000;
    public const ulong SharedMemoryInBytes = 0x2000;
    public const ulong Ram = 0x3000;
    public const int VectorCount = 8;

    /// <summary>The kinds of moves.</summary>
    public const uint ToFunction = 1, FromFunction = 2, InMemory = 3;

    private const ulong Source = 0x40, Destination = 0x48, Length = 0x50, Command = 0x54, Status = 0x58, Moved = 0x5c;
    private const uint InterruptAtEnd = 0x100;
    private const uint Done = 2, Failed = 4;

    public ScratchDevice()
    {
        Device = Guest.Open("scratch", new VfioOptions { AllowNoIommu = true });
        Registers = Device.Regions[RegionIndex.Bar0].Open(new WindowOptions { OnFault = OnFault.Throw });
        Device.Config.EnableBusMaster();
    }

    public VfioDevice Device { get; }

    public RegionWindow Registers { get; }

    /// <summary>Has the function move bytes; true where it says that it moved all of them.</summary>
    public bool Move(uint kind, ulong source, ulong destination, int lengthInBytes, int? vector = null)
    {
        Registers.Write64(Source, source);
        Registers.Write64(Destination, destination);
        Registers.Write32(Length, (uint)lengthInBytes);
        Registers.Write32(Command, kind | (vector is { } number ? InterruptAtEnd | (uint)number << 16 : 0));
        var watch = Stopwatch.StartNew();
        while ((Registers.Read32(Status) & Done) == 0)
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "the DMA engine did not finish within 30 s");
        var failed = (Registers.Read32(Status) & Failed) != 0;
        Assert.Equal(failed, Registers.Read32(Moved) != (uint)lengthInBytes);
        return !failed;
    }

    public void Dispose()
    {
        Registers.Dispose();
        Device.Dispose();
    }
}
