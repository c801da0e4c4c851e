using VfioSharp.Config;
using VfioSharp.Emulation;
using VfioSharp.Regions;

namespace VfioSharp.Guest.Tests.Served;

/// <summary>One access to a register, as it reached a function.</summary>
/// <param name="IsWrite">Whether it was a write.</param>
/// <param name="Bar">The BAR.</param>
/// <param name="Offset">The first byte in the BAR.</param>
/// <param name="Bytes">What was written or answered, in memory order, in hexadecimal digits.</param>
internal sealed record WitnessedAccess(bool IsWrite, int Bar, ulong Offset, string Bytes);

/// <summary>
/// A function that keeps every access that reaches it, served to a guest by this process. Its bytes keep what was written; one that nobody has
/// written tells where it lies, by the low byte of its offset and by the terabyte. BAR 2 has 4 KiB, BAR 4 an MSI-X table of 4 vectors. It is
/// what was served to the kernels of the recordings (tests/VfioSharp.Zpci.Tests/Recordings).
/// </summary>
internal sealed class WitnessFunction : PciFunction
{
    private readonly Lock _lock = new();
    private readonly List<WitnessedAccess> _accesses = [];
    private readonly Dictionary<(int Bar, ulong Offset), byte> _written = [];

    /// <param name="vendorId">What it says it is.</param>
    /// <param name="deviceId">What it says it is.</param>
    /// <param name="lengthInBytes">The length of BAR 0.</param>
    /// <param name="shared">The parts of BAR 0 that are memory.</param>
    public WitnessFunction(ushort vendorId, ushort deviceId, ulong lengthInBytes, params RegionArea[] shared)
        : base(
            new PciIdentity(vendorId, deviceId, new ClassCode(0)),
            [new FunctionBar(0, lengthInBytes) { SharedAreas = shared }, new FunctionBar(2, 0x1000), new FunctionBar(4, 0x2000)],
            new MsixTable(4, 4, 0, 0x800))
    {
    }

    /// <summary>Takes what has been seen since the last time.</summary>
    public IReadOnlyList<WitnessedAccess> Take()
    {
        lock (_lock)
        {
            WitnessedAccess[] accesses = [.. _accesses];
            _accesses.Clear();
            return accesses;
        }
    }

    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        lock (_lock)
        {
            for (var i = 0; i < destination.Length; i++)
            {
                var place = offset + (ulong)i;
                destination[i] = _written.TryGetValue((bar, place), out var value) ? value : (byte)(place ^ place >> 40);
            }

            _accesses.Add(new WitnessedAccess(false, bar, offset, Convert.ToHexStringLower(destination)));
        }
    }

    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        lock (_lock)
        {
            for (var i = 0; i < source.Length; i++)
                _written[(bar, offset + (ulong)i)] = source[i];
            _accesses.Add(new WitnessedAccess(true, bar, offset, Convert.ToHexStringLower(source)));
        }
    }
}
