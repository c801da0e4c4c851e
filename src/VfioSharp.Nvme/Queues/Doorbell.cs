using System.Runtime.CompilerServices;
using VfioSharp.Nvme.Specification;
using VfioSharp.Regions;

namespace VfioSharp.Nvme;

/// <summary>A doorbell register of a queue pair (NVMe over PCIe Transport 1.0, 3.1.2.1 and 3.1.2.2), with its shadow where there is one.</summary>
internal sealed class Doorbell(RegionWindow pairRegisters, ulong offset, ShadowDoorbell? shadow)
{
    /// <summary>
    /// Tells the controller of a new tail or head. The store comes after everything that the thread has written to memory before, which is
    /// the window's promise.
    /// </summary>
    /// <param name="value">The index.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ring(uint value)
    {
        if (shadow is null || shadow.Update(value))
            pairRegisters.Write32(offset, value);
    }

    /// <summary>
    /// Opens the doorbells of a queue pair: no more of the BAR than these, since it can as a rule not be mapped where the MSI-X table lies.
    /// </summary>
    public static RegionWindow OpenPair(QueuePairSetup setup) => setup.Registers.Open(new WindowOptions
    {
        Offset = NvmeRegister.FirstDoorbell + (2UL * setup.Id * (ulong)setup.DoorbellStrideInBytes),
        LengthInBytes = 2UL * (ulong)setup.DoorbellStrideInBytes,
    });

    /// <summary>One of the two.</summary>
    public static Doorbell Of(QueuePairSetup setup, RegionWindow pairRegisters, ShadowDoorbells? shadows, bool isCompletionQueue) => new(
        pairRegisters, isCompletionQueue ? (ulong)setup.DoorbellStrideInBytes : 0, shadows?.Start(setup.Id, isCompletionQueue));
}
