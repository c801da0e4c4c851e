using VfioSharp.Regions;

namespace VfioSharp.Nvme;

/// <summary>
/// The controller memory buffer (NVMe Base 2.0, 8.5): memory of the controller's in one of its BARs, in which submission queues may lie, so that it
/// need not fetch commands from the host. Owns the window.
/// </summary>
internal sealed class ControllerMemoryBuffer : IDisposable
{
    private readonly RegionWindow _window;
    private readonly ulong _address;
    private readonly Lock _gate = new();
    private readonly List<ControllerMemory> _parts = [];

    /// <param name="window">A window on the buffer.</param>
    /// <param name="address">Its first byte as the controller addresses it.</param>
    public ControllerMemoryBuffer(RegionWindow window, ulong address)
    {
        _window = window;
        _address = address;
    }

    /// <summary>Takes a part at a multiple of a length.</summary>
    /// <param name="lengthInBytes">How long it is.</param>
    /// <param name="alignmentInBytes">What its address is a multiple of.</param>
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

    /// <summary>Closes the window; no queue of the buffer's is in use.</summary>
    public void Dispose() => _window.Dispose();

    private static ulong RoundUp(ulong value, ulong multiple) => (value + multiple - 1) / multiple * multiple;
}
