using VfioSharp.Emulation;
using VfioSharp.Zpci.Dma;
using VfioSharp.Zpci.Kernel;

namespace VfioSharp.Zpci.Machine;

// What goes out of the function: DMA through the host's IOMMU, and interrupts.
public sealed partial class ZpciFunction
{
    private FunctionWires? _wires;

    /// <summary>Whom an interrupt of the function reaches; null while no driver has connected any.</summary>
    internal Action<int>? InterruptSink { get; set; }

    /// <summary>Whom an error of the function is told to; null while nobody listens.</summary>
    internal Action? ErrorSink { get; set; }

    /// <summary>Where DMA of the function goes; null while it is attached to no I/O address space.</summary>
    public ZpciDmaDomain? DmaDomain { get; internal set; }

    internal void RunWork()
    {
        if (State != ZpciFunctionState.Ready)
            return;
        if (Device.HasWork)
            Device.RunWork(_wires ??= new FunctionWires(this));
        // A model's device is as fast as its machine: what an access left in shared memory is found before the next.
        if (Device is not IPollingFunction { IsPolling: true } polled)
            return;
        while (State == ZpciFunctionState.Ready && polled.Poll(_wires ??= new FunctionWires(this)))
        {
        }
    }

    /// <summary>
    /// Puts the function into the error state, as DMA to an address that is not mapped does: the machine blocks every access until the function
    /// is reset or Linux brings it back, and tells Linux by an event.
    /// </summary>
    /// <param name="eventCode">The event's code, PEC; 2 for invalid DMA.</param>
    public void RaiseError(ushort eventCode = ErrorEvent.InvalidDma)
    {
        if (State != ZpciFunctionState.Ready)
            return;
        State = ZpciFunctionState.Error;
        ErrorEvent.Take(this, eventCode);
    }

    /// <summary>
    /// zpci_reset_load_store_blocked() and zpci_clear_error_state(): Linux brings the function back as it is, without a reset.
    /// </summary>
    internal void Unblock() => State = ZpciFunctionState.Ready;

    /// <summary>Takes the function out of the machine without asking: its handle is not valid any more.</summary>
    public void Remove() => State = ZpciFunctionState.Removed;

    /// <summary>A reset of the function (pci_try_reset_function()): what it was in error for is over.</summary>
    internal void Reset()
    {
        if (State == ZpciFunctionState.Removed)
            return;
        State = ZpciFunctionState.Ready;
        Device.Reset();
    }

    // The model's hosts take messages of MSI-X alone, as Linux on s390 takes no line and QEMU no function without MSI-X: MSI tells that it has no vectors,
    // and a line leads nowhere (FunctionHost's own answer).
    private sealed class FunctionWires(ZpciFunction function) : FunctionHost
    {
        public override bool ReadMemory(ulong iova, Span<byte> destination) =>
            IsMaster && (function.DmaDomain?.TryRead(iova, destination) ?? false) || Fail();

        public override bool WriteMemory(ulong iova, ReadOnlySpan<byte> source) =>
            IsMaster && (function.DmaDomain?.TryWrite(iova, source) ?? false) || Fail();

        public override void SignalInterrupt(int vector)
        {
            if (function.Device.Msix is not { } msix || vector < 0 || vector >= msix.VectorCount || msix.IsMasked(vector))
                return;
            if (function.State == ZpciFunctionState.Ready)
                function.InterruptSink?.Invoke(vector);
        }

        private bool IsMaster => function.State == ZpciFunctionState.Ready && function.Device.Config.IsBusMaster;

        // PCI Express 7.5.1.1.3: without bus master the function sends nothing; that is no error.
        private bool Fail()
        {
            if (function.Device.Config.IsBusMaster)
                function.RaiseError();
            return false;
        }
    }
}
