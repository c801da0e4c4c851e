using System.Globalization;
using VfioSharp.Dma;
using VfioSharp.Nvme.Specification;
using VfioSharp.Regions;

namespace VfioSharp.Nvme;

/// <summary>
/// The controller memory buffer (NVMe Base 2.0, 8.5): memory of the controller's in one of its BARs, in which submission queues may lie, so that it
/// need not fetch commands from the host. Owns the windows. Thread-safe.
/// </summary>
/// <remarks>
/// Only a controller that lets the host choose the buffer's address (CAP.CMBS, since NVMe 1.4): before that it is the BAR's address on the bus, which
/// VFIO does not tell.
/// </remarks>
internal sealed class ControllerMemoryBuffer : IDisposable
{
    // CMBMSC (3.1.3.18): CRE shows the registers of the buffer, CMSE makes the controller decode its address, CBA.
    private const uint RegistersEnabled = 1;
    private const uint MemorySpaceEnabled = 2;

    // CMBSTS (3.1.3.19): CBAI.
    private const uint BaseAddressInvalid = 1;

    // Beyond what any DMA address of today's machines is.
    private const ulong UsualAddress = 1UL << 62;
    private const ulong MostMapped = 64UL << 20;

    private readonly RegionWindow _registers;
    private readonly RegionWindow _window;
    private readonly ulong _address;
    private readonly Lock _gate = new();
    private readonly List<ControllerMemory> _parts = [];

    private ControllerMemoryBuffer(RegionWindow registers, RegionWindow window, ulong address)
    {
        _registers = registers;
        _window = window;
        _address = address;
    }

    /// <summary>How many bytes of it are used at most.</summary>
    public ulong LengthInBytes => _window.LengthInBytes;

    /// <summary>Switches the buffer on.</summary>
    /// <param name="device">The device.</param>
    /// <param name="capabilities">CAP.</param>
    /// <param name="obstacle">Why there is none to use, as a phrase; null where there is.</param>
    /// <returns>The buffer, which the caller owns, or null.</returns>
    /// <exception cref="VfioException">The BAR cannot be reached.</exception>
    public static ControllerMemoryBuffer? TryOpen(VfioDevice device, ControllerCapabilities capabilities, out string? obstacle)
    {
        obstacle = "the controller has none whose address the host chooses (CAP.CMBS)";
        if (!capabilities.HasControllerMemoryBuffer)
            return null;
        var registers = device.Regions[RegionIndex.Bar0].Open(new WindowOptions { LengthInBytes = NvmeRegister.FirstDoorbell });
        RegionWindow? window = null;
        try
        {
            WriteControl(registers, RegistersEnabled);
            var place = new ControllerMemoryPlace(registers.Read32(NvmeRegister.Cmbloc), registers.Read32(NvmeRegister.Cmbsz));
            obstacle = place.FindObstacle(device.Regions);
            if (obstacle is null)
            {
                var address = ChooseAddress(device.Dma.Ranges, place.LengthInBytes);
                window = device.Regions[place.Bar].Open(
                    new WindowOptions { Offset = place.Offset, LengthInBytes = Math.Min(place.LengthInBytes, MostMapped) });
                WriteControl(registers, address | MemorySpaceEnabled | RegistersEnabled);
                if ((registers.Read32(NvmeRegister.Cmbsts) & BaseAddressInvalid) == 0)
                {
                    var buffer = new ControllerMemoryBuffer(registers, window, address);
                    registers = window = null;
                    return buffer;
                }

                obstacle = string.Create(CultureInfo.InvariantCulture, $"the controller refuses the address 0x{address:x} (CMBSTS.CBAI)");
            }

            WriteControl(registers, 0);
            return null;
        }
        finally
        {
            window?.Dispose();
            registers?.Dispose();
        }
    }

    /// <summary>Takes a part.</summary>
    /// <param name="lengthInBytes">How long it is.</param>
    /// <param name="alignmentInBytes">What its address is a multiple of: a power of two.</param>
    /// <returns>The part, or null where the buffer has no room left.</returns>
    public ControllerMemory? Allocate(int lengthInBytes, int alignmentInBytes)
    {
        lock (_gate)
        {
            ulong start = 0;
            var position = 0;
            // The parts are in ascending order: the first gap that is long enough.
            for (; position < _parts.Count && start + (ulong)lengthInBytes > _parts[position].Offset; position++)
                start = RoundUp(_parts[position].Offset + (ulong)_parts[position].LengthInBytes, (ulong)alignmentInBytes);
            if (start + (ulong)lengthInBytes > _window.LengthInBytes)
                return null;
            var part = new ControllerMemory(_window, start, lengthInBytes, _address + start);
            _parts.Insert(position, part);
            return part;
        }
    }

    /// <summary>Gives a part back.</summary>
    public void Free(ControllerMemory part)
    {
        lock (_gate)
            _parts.Remove(part);
    }

    /// <summary>Switches the buffer off and closes the windows. No queue of the buffer's is in use.</summary>
    public void Dispose()
    {
        WriteControl(_registers, 0);
        _window.Dispose();
        _registers.Dispose();
    }

    // The address that the controller is told must be nobody else's: data that is mapped there would be taken for the buffer.
    private static ulong ChooseAddress(IReadOnlyList<IovaRange> ranges, ulong lengthInBytes)
    {
        foreach (var range in ranges)
        {
            if (range.Start.Value >= UsualAddress + lengthInBytes || range.End.Value < UsualAddress)
                continue;
            // IOVAs are handed out from the lowest on, so that the last are the last to be taken.
            var alignment = 1UL << 12;
            while (alignment < lengthInBytes)
                alignment *= 2;
            return ulong.MaxValue - alignment + 1 - alignment;
        }

        return UsualAddress;
    }

    // In two halves, the upper one first: the lower one has the switches, and is what the controller acts upon.
    private static void WriteControl(RegionWindow registers, ulong value)
    {
        registers.Write32(NvmeRegister.Cmbmsc + 4, (uint)(value >> 32));
        registers.Write32(NvmeRegister.Cmbmsc, (uint)value);
    }

    private static ulong RoundUp(ulong value, ulong multiple) => (value + multiple - 1) / multiple * multiple;
}
