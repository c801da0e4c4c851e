using VfioSharp.Config;
using VfioSharp.Emulation;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>
/// The function that was served to the kernels of the recordings about large BARs: BAR 0 of 256 TiB, BAR 2 of 4 KiB, BAR 4 with an MSI-X table.
/// A byte that nobody has written tells where it lies, by the low byte of its offset and by the terabyte.
/// </summary>
internal sealed class PatternFunction : PciFunction
{
    private readonly Dictionary<(int Bar, ulong Offset), byte> _written = [];

    /// <param name="deviceId">04ed for the one that Linux takes for ISM, anything else for one that it does not know.</param>
    public PatternFunction(ushort deviceId)
        : base(
            new PciIdentity(0x1014, deviceId, new ClassCode(0)),
            [new FunctionBar(0, 1ul << 48), new FunctionBar(2, 0x1000), new FunctionBar(4, 0x2000)],
            new MsixTable(4, 4, 0, 0x800))
    {
    }

    protected override void OnRead(int bar, ulong offset, Span<byte> destination)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            var place = offset + (ulong)i;
            destination[i] = _written.TryGetValue((bar, place), out var value) ? value : (byte)(place ^ place >> 40);
        }
    }

    protected override void OnWrite(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        for (var i = 0; i < source.Length; i++)
            _written[(bar, offset + (ulong)i)] = source[i];
    }
}
