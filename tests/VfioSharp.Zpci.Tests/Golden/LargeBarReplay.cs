using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.Zpci.Machine;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>
/// The dialect of the recordings about a function with a BAR of 256 TiB: region information, reads and writes of the device's file near the
/// edges of BARs, mappings of every size, the sysfs files, and at the end the kernel's messages.
/// </summary>
internal sealed class LargeBarReplay : GoldenReplay
{
    private readonly RecorderProcess _p;

    // The mappings of the recording program, by the names that its lines give them.
    private readonly Dictionary<string, ulong> _mappings = [];
    private int _messagesRead;

    public LargeBarReplay(string host, ushort deviceId, byte functionType, ulong ioremapStart)
    {
        _p = new RecorderProcess(
            host,
            new PatternFunction(deviceId),
            new ZpciFunctionOptions { FunctionType = functionType },
            new ZpciHostOptions { MemoryInBytes = 512ul << 20, IoremapStart = ioremapStart });
        new MachineRows(_p).AddTo(On);
        new CapabilityRows(_p).AddTo(On);
        AddSysfs();
        AddDescription();
        AddRegionFile();
        AddMappings();
        On(@"\[ *\d+\.\d+\] ", _ => _messagesRead < _p.Host.Log.Messages.Count ? _p.Host.Log.Messages[_messagesRead++] : "no further message");
    }

    public override IEnumerable<string> UnreadMessages => _p.Host.Log.Messages.Skip(_messagesRead);

    private void AddSysfs()
    {
        On(@"sysfs (resource\d) open: ", match => RecorderText.NameOf(_p.Function.Sysfs.OpenResource(match.Groups[1].Value, out var _).Errno));
        On(@"sysfs resource(\d) mmap len=0x1000: ", match =>
        {
            var mapping = _p.MapResourceFile(Number(match, 1), 0x1000);
            _mappings["resource"] = mapping.IsError ? 0 : (ulong)mapping.Value;
            return RecorderText.Mapping(mapping);
        });
        On("bound 0001:00:00.0 -> ", _ => _p.Driver);
        On("get_device_fd ", _ =>
        {
            _p.Open();
            // The program turned decoding and bus mastering on as soon as it had the device.
            _p.WriteCommand(_p.ReadCommand() | 6);
            return "ok";
        });
    }

    private void AddDescription()
    {
        On(@"region (\d) ", match => _p.Region(Number(match, 1)) switch
        {
            { } region => string.Create(
                CultureInfo.InvariantCulture,
                $"ret=0(-) size=0x{region.SizeInBytes:x} flags=0x{(uint)region.Flags:x} offset=0x{region.Offset:x} cap={(region.IsMsixMappable ? 3 : 0)}"),
            null => "ret=-1(EINVAL) size=0x0 flags=0x0 offset=0x0 cap=0",
        });
        On(@"irq (\d) ", match => _p.Interrupt(Number(match, 1)) is var (count, flags)
            ? string.Create(CultureInfo.InvariantCulture, $"ret=0 count={count} flags=0x{flags:x}")
            : "ret=-1 count=0 flags=0x0");
        On("cfg64=", _ => _p.PreadHex(7, 0, 64));
        On("cfg BAR0 after all-ones write=", _ =>
        {
            var before = _p.Pread(7, 0x10, 8).Data;
            _p.Pwrite(7, 0x10, Enumerable.Repeat((byte)0xff, 8).ToArray());
            var answer = _p.PreadHex(7, 0x10, 8);
            _p.Pwrite(7, 0x10, before);
            return answer;
        });
    }

    private void AddRegionFile()
    {
        On(@"pread r(\d) off=0x([0-9a-f]+) len=(\d+): ", match =>
        {
            var (result, data) = _p.PreadAt(_p.Region(Number(match, 1))!.Offset + Hex(match, 2), Number(match, 3));
            return RecorderText.Full(result, data);
        });
        On(@"pwrite r(\d) off=0x([0-9a-f]+) len=(\d+) data=([0-9a-f]+): ", match =>
            RecorderText.Full(_p.PwriteAt(_p.Region(Number(match, 1))!.Offset + Hex(match, 2), Source(match))));
        On("RESET ", _ => RecorderText.Full(_p.Reset()));
    }

    private void AddMappings()
    {
        On(@"mmap r(\d) off=0x([0-9a-f]+) len=0x([0-9a-f]+): ", match =>
        {
            var (region, offset, length) = (Number(match, 1), Hex(match, 2), Hex(match, 3));
            var mapping = _p.MapAt(_p.Region(region)!.Offset + offset, length);
            if (!mapping.IsError)
                _mappings[NameOf(region, offset, length)] = (ulong)mapping.Value;
            return RecorderText.Mapping(mapping);
        });
        On(@"mmio_read (.+)\+0x([0-9a-f]+) len=(\d+): ", match =>
        {
            var length = Number(match, 3);
            var result = _p.ReadInto(_p.FreshBuffer, _mappings[match.Groups[1].Value] + Hex(match, 2), (ulong)length);
            return RecorderText.Full(result, _p.Peek(_p.Buffer, length));
        });
        On(@"mmio_write (.+)\+0x([0-9a-f]+) len=(\d+) data=([0-9a-f]+): ", match =>
        {
            var source = Source(match);
            return RecorderText.Full(_p.WriteFrom(_p.Put(source), _mappings[match.Groups[1].Value] + Hex(match, 2), (ulong)source.Length));
        });
    }

    // The bytes of a write, of which the line shows 128 at most: they count up from 16.
    private static byte[] Source(Match match)
    {
        var source = Enumerable.Range(0x10, Number(match, 3)).Select(value => (byte)value).ToArray();
        Assert.StartsWith(match.Groups[4].Value, Convert.ToHexStringLower(source), StringComparison.Ordinal);
        return source;
    }

    // The names under which later lines speak of a mapping.
    private static string NameOf(int region, ulong offset, ulong length) => (region, offset, length) switch
    {
        (0, 1ul << 39, _) => "bar0@2^39",
        (0, 1ul << 41, _) => "bar0@2^41?",
        (0, 0, 1ul << 40) => "1TiB map",
        (0, 0, 1ul << 48) => "full",
        _ => $"bar{region}",
    };

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static ulong Hex(Match match, int group) => ulong.Parse(match.Groups[group].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
