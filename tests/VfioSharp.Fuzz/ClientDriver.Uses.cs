using System.Runtime.InteropServices;
using VfioSharp.Backends;
using VfioSharp.Dma;
using VfioSharp.Interrupts;
using VfioSharp.Regions;

namespace VfioSharp.Fuzz;

// What a program does with a device.
internal sealed partial class ClientDriver
{
    private const ulong LargestPageInBytes = 1 << 20;

    private static readonly TimeSpan InterruptTime = TimeSpan.FromMilliseconds(1);

    private static void Step(VfioDevice device, Dice dice)
    {
        switch (dice.Below(10))
        {
            case 0:
                ReadConfig(device);
                break;
            case 1:
                device.Config.EnableBusMaster();
                break;
            case 2 or 3:
                UseRegion(device, dice);
                break;
            case 4:
                UseMemory(device, dice);
                break;
            case 5:
                UseInterrupts(device, dice);
                break;
            case 6:
                UseMemoryByMessages(device, dice);
                break;
            case 7:
                _ = device.HasFeature((DeviceFeature)dice.Below(12), dice.Pick(DeviceFeatureOperations.Get, DeviceFeatureOperations.Set));
                break;
            case 8:
                foreach (var region in device.Regions)
                    _ = region.Exists ? region.Plan() : null;
                break;
            default:
                device.Reset();
                break;
        }
    }

    private static void ReadConfig(VfioDevice device)
    {
        _ = device.Config.VendorId;
        device.Config.Read(0, new byte[Math.Min(device.Config.SizeInBytes, 64)]);
        _ = device.Config.ReadCapabilities();
        _ = device.Config.ReadExtendedCapabilities();
        _ = device.Config.ReadBaseAddresses();
    }

    private static void UseRegion(VfioDevice device, Dice dice)
    {
        var index = dice.Pick(RegionIndex.Bar0, RegionIndex.Bar0, RegionIndex.Bar2, RegionIndex.Config);
        // A liar may say that there are fewer.
        if ((int)index >= device.Regions.Count || device.Regions[index] is not { Exists: true } region)
            return;
        var isPart = dice.OneIn(2) && region.SizeInBytes >= 0x3000;
        using var window = region.Open(new WindowOptions
        {
            Offset = isPart ? 0x1000ul : 0,
            LengthInBytes = isPart ? 0x2000ul : null,
            OnFault = dice.OneIn(2) ? OnFault.Throw : OnFault.AllOnes,
        });
        for (var access = dice.Between(1, 12); access > 0; access--)
            Access(window, dice);
    }

    private static void Access(RegionWindow window, Dice dice)
    {
        var width = dice.Pick(1, 2, 4, 8);
        if (window.LengthInBytes < (ulong)width)
            return;
        var offset = dice.Next() % (window.LengthInBytes - (ulong)width + 1) & ~((ulong)width - 1);
        var reads = window.CanRead && (dice.OneIn(2) || !window.CanWrite);
        if (!reads && !window.CanWrite)
            return;
        switch (width)
        {
            case 1 when reads:
                _ = window.Read8(offset);
                break;
            case 1:
                window.Write8(offset, 0x5a);
                break;
            case 2 when reads:
                _ = window.Read16(offset);
                break;
            case 2:
                window.Write16(offset, 0x5a5a);
                break;
            case 4 when reads:
                _ = window.Read32(offset);
                break;
            case 4:
                window.Write32(offset, 0x5a5a_5a5a);
                break;
            case 8 when reads:
                window.ReadBlock(offset, new byte[PickBlock(window.LengthInBytes - offset, dice)], dice.Pick(1, 4, 8));
                break;
            default:
                window.WriteBlock(offset, new byte[PickBlock(window.LengthInBytes - offset, dice)], dice.Pick(1, 4, 8));
                break;
        }
    }

    // Seldom more than a server takes at once.
    private static int PickBlock(ulong mostInBytes, Dice dice) => (int)Math.Min(mostInBytes, dice.OneIn(16) ? 0x1000ul : (ulong)dice.Pick(8, 64)) & ~7;

    private static void UseMemory(VfioDevice device, Dice dice)
    {
        // Whole pages, as large as the server says, as long as a program has that much.
        var page = device.Dma.PageSizes.Smallest;
        if (page > LargestPageInBytes)
            return;
        using var buffer = DmaBuffer.Allocate((long)page * dice.Between(1, 8));
        if ((ulong)buffer.Address % page != 0)
            return;
        using var mapping = device.Dma.Map(buffer, dice.Pick(DmaAccess.ReadWrite, DmaAccess.Read, DmaAccess.Write));
        buffer.Span.Fill((byte)dice.Next());
        Use(device, mapping, dice);
    }

    // Memory without a descriptor, which the device reaches by asking for it.
    private static unsafe void UseMemoryByMessages(VfioDevice device, Dice dice)
    {
        var page = device.Dma.PageSizes.Smallest;
        if (page > LargestPageInBytes)
            return;
        var memory = NativeMemory.AlignedAlloc((nuint)(2 * page), (nuint)page);
        try
        {
            var options = new DmaMapOptions { Access = dice.Pick(DmaAccess.ReadWrite, DmaAccess.Read) };
            using var mapping = device.Dma.MapMemory((nint)memory, (long)(2 * page), options);
            Use(device, mapping, dice);
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    private static void Use(VfioDevice device, DmaMapping mapping, Dice dice)
    {
        UseRegion(device, dice);
        switch (dice.Below(4))
        {
            case 0:
                _ = device.Dma.UnmapAll();
                break;
            case 1:
                _ = device.Dma.UnmapRange(mapping.Iova, mapping.LengthInBytes);
                break;
            case 2:
                UseInterrupts(device, dice);
                break;
        }
    }

    private static void UseInterrupts(VfioDevice device, Dice dice)
    {
        var all = device.Interrupts;
        var source = dice.Pick(all.Msix, all.Msix, all.Msi, all.Intx, all.Error, all.Request);
        if (!source.IsPresent)
            return;
        var count = dice.Between(1, (int)Math.Min(4, source.Description.Count));
        using var vectors = source.Enable(count);
        for (var i = dice.Below(4); i > 0; i--)
        {
            switch (dice.Below(5))
            {
                case 0 when (source.Description.Flags & InterruptFlags.Maskable) != 0:
                    vectors[0].Mask();
                    vectors[0].Unmask();
                    break;
                case 1 when source.Index is InterruptIndex.Msix && source.CanGrow && count < source.Description.Count:
                    vectors.Add(count++);
                    break;
                case 2 when source.Index is InterruptIndex.Msix && count > 1:
                    vectors.Remove(--count);
                    break;
                default:
                    vectors[0].Trigger();
                    break;
            }
        }

        _ = vectors[0].Wait(InterruptTime);
    }
}
