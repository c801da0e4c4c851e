using System.Runtime.CompilerServices;
using VfioSharp.Regions;

namespace VfioSharp.Nvme;

/// <summary>The doorbell register of a queue (NVMe over PCIe Transport 1.0, 3.1.2.1 and 3.1.2.2), with its shadow where there is one.</summary>
internal sealed class Doorbell(RegionWindow registers, ulong offset, ShadowDoorbell? shadow)
{
    /// <summary>Where the doorbells begin in BAR 0.</summary>
    public const ulong FirstOffset = 0x1000;

    /// <summary>
    /// Tells the controller of a new tail or head. The store comes after everything that the thread has written to memory before, which is
    /// the window's promise.
    /// </summary>
    /// <param name="value">The index.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ring(uint value)
    {
        if (shadow is null || shadow.Update(value))
            registers.Write32(offset, value);
    }

    /// <summary>The doorbell of a queue.</summary>
    public static Doorbell Of(QueuePairSetup setup, bool isCompletionQueue)
    {
        var position = (2UL * setup.Id) + (isCompletionQueue ? 1UL : 0UL);
        var shadow = setup.Shadows is { } shadows && setup.Id != 0 && shadows.Holds(setup.Id) ? shadows.Start(setup.Id, isCompletionQueue) : null;
        var offset = FirstOffset + (position * (ulong)setup.DoorbellStrideInBytes);
        return new Doorbell(setup.Registers, offset - setup.Registers.RegionOffset, shadow);
    }
}
