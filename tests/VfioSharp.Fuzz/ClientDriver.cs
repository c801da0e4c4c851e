using VfioSharp.Backends;
using VfioSharp.Dma;
using VfioSharp.Regions;

namespace VfioSharp.Fuzz;

/// <summary>
/// A program that uses a device as programs do, in an order that follows from a seed. Whatever the server does, the library tells it by
/// <see cref="VfioException"/>; any other exception is a mistake of the library.
/// </summary>
internal sealed class ClientDriver(string socketPath)
{
    private const int MostSteps = 24;

    // A server that lies often does not reply; an honest one on a machine that builds something meanwhile takes its time.
    private static readonly TimeSpan PatienceWithLiars = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan InterruptTime = TimeSpan.FromMilliseconds(1);

    /// <summary>Opens the device, uses it and closes it.</summary>
    /// <param name="dice">Says how.</param>
    /// <param name="isHonest">Whether the server keeps to the protocol, so that nothing may fail.</param>
    /// <returns>What the library did wrong; null where nothing.</returns>
    public string? Drive(Dice dice, bool isHonest)
    {
        try
        {
            using var device = VfioDevice.Open($"vfio-user:{socketPath}", new VfioOptions { RequestTimeout = isHonest ? Patience : PatienceWithLiars });
            for (var step = dice.Between(1, MostSteps); step > 0; step--)
            {
                try
                {
                    Step(device, dice);
                }
                catch (VfioException) when (!isHonest)
                {
                    // The next step finds the device as this one left it: refused, or its connection at an end.
                }
            }

            return null;
        }
        catch (VfioException) when (!isHonest)
        {
            return null;
        }
#pragma warning disable CA1031 // Whatever else comes out of the library is what is looked for.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return $"threw what it may not: {exception}";
        }
    }

    private static void Step(VfioDevice device, Dice dice)
    {
        switch (dice.Below(8))
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
                window.ReadBlock(offset, new byte[Math.Min(window.LengthInBytes - offset, (ulong)dice.Pick(8, 64)) & ~7ul], dice.Pick(1, 4, 8));
                break;
            default:
                window.WriteBlock(offset, new byte[8], dice.Pick(1, 4, 8));
                break;
        }
    }

    private static void UseMemory(VfioDevice device, Dice dice)
    {
        using var buffer = DmaBuffer.Allocate(dice.Between(1, 8) << 12);
        using var mapping = device.Dma.Map(buffer, dice.Pick(DmaAccess.ReadWrite, DmaAccess.Read, DmaAccess.Write));
        buffer.Span.Fill((byte)dice.Next());
        if (dice.OneIn(4))
            _ = device.Dma.UnmapAll();
        else
            UseRegion(device, dice);
    }

    private static void UseInterrupts(VfioDevice device, Dice dice)
    {
        var source = dice.OneIn(4) ? device.Interrupts.Error : device.Interrupts.Msix;
        if (!source.IsPresent)
            return;
        using var vectors = source.Enable(dice.Between(1, (int)Math.Min(4, source.Description.Count)));
        if (dice.OneIn(2))
            vectors[0].Trigger();
        _ = vectors[0].Wait(InterruptTime);
    }
}
