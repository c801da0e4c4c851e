using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>
/// The dialect "nvme/group": an NVMe controller on a machine without the MIO instructions, from the container's first question to the last
/// read after a reset. Here `read` and `write` are the MMIO system calls.
/// </summary>
internal sealed partial class ProbeReplay : GoldenReplay
{
    private const ulong BarLength = 0x4000;
    private const ulong Aqa = 0x24;
    private const ulong Asq = 0x28;

    private readonly RecorderProcess _p;

    // The mappings of the recording program, by the names that its lines give them.
    private ulong _bar;
    private ulong _readOnly;
    private ulong _writeOnly;
    private ulong _none;
    private ulong _readWrite;
    private ulong _populated;
    private ulong _whileOff;

    public ProbeReplay(string host)
    {
        _p = new RecorderProcess(host, new NvmeFunction());
        _p.Open();
        new MachineRows(_p).AddTo(On);
        new CapabilityRows(_p).AddTo(On);
        new DmaRows(_p).AddTo(Row, () => _readWrite);
        AddDescription();
        AddBadAddresses();
        AddReads();
        AddBadBuffers();
        AddWrites();
        AddPermissions();
        AddOtherWays();
        AddDecodingOff();
    }

    private void Row(string pattern, Func<Match, string> play) => On("nvme/group " + pattern, play);

    private void AddDescription()
    {
        Row(@"region: (\d) cap ", match => RegionCapability(Number(match, 1)));
        Row(@"region: (\d) ", match => _p.Region(Number(match, 1)) switch
        {
            { } region => string.Create(
                CultureInfo.InvariantCulture,
                $"size=0x{region.SizeInBytes:x} flags=0x{(uint)region.Flags:x}({Letters((uint)region.Flags)}) offset=0x{region.Offset:x}"),
            null => "err EINVAL",
        });
        Row(@"irq: (\d) ", match => _p.Interrupt(Number(match, 1)) is var (count, flags)
            ? string.Create(CultureInfo.InvariantCulture, $"ret=0(-) count={count} flags=0x{flags:x}")
            : "ret=-1(EINVAL)");
        Row("cfg: command initial=", _ => _p.CommandText());
        Row(@"cfg: command after \|=6: ", _ =>
        {
            var written = _p.WriteCommand(_p.ReadCommand() | 6);
            return string.Create(CultureInfo.InvariantCulture, $"{_p.CommandText()} (pwrite={written.Return})");
        });
        Row("pread16@0: ", _ =>
        {
            var (result, data) = _p.Pread(0, 0, 16);
            return $"{RecorderText.Full(result)} data={RecorderText.NumbersOf(data)}";
        });
        Row("pread4@end-2: ", _ => RecorderText.Full(_p.Pread(0, BarLength - 2, 4).Result));
        Row("pread4@end: ", _ => RecorderText.Full(_p.Pread(0, BarLength, 4).Result));
        Row("mmap RW bar: ", _ =>
        {
            var mapping = _p.Map(0, 0, BarLength);
            _bar = mapping.IsError ? 0 : (ulong)mapping.Value;
            var region = _p.Region(0)!;
            return string.Create(CultureInfo.InvariantCulture, $"len=0x{region.SizeInBytes:x} flags=0x{(uint)region.Flags:x} -> {RecorderText.Mapping(mapping)}");
        });
        Row("mmap PRIVATE: ", _ => RecorderText.Mapping(_p.Map(0, 0, BarLength, flags: MapFlags.Private)));
        Row("mmap beyond: ", _ => RecorderText.Mapping(_p.Map(0, 0, BarLength + 0x1000)));
        Row("mmap config: ", _ => RecorderText.Mapping(_p.Map(7, 0, 0x1000)));
        Row("mmap EXEC: ", _ => RecorderText.Mapping(_p.Map(0, 0, BarLength, Protection.Read | Protection.Execute)));
        Row("mmap len=2048: ", _ => RecorderText.Mapping(_p.Map(0, 0, 2048)));
    }

    private void AddBadAddresses()
    {
        Row("read unmapped addr len4: ", _ => Read(_p.Unmapped, 4));
        Row("write unmapped addr len4: ", _ => Write(_p.Unmapped, new byte[4]));
        Row("read addr0 len4: ", _ => Read(0, 4));
        Row("read anon RAM len4: ", _ => Read(_p.TwoPages, 4));
        Row("write anon RAM len4: ", _ => Write(_p.TwoPages, new byte[4]));
        Row("read kernel-ish addr 1<<62: ", _ => Read(1ul << 62, 4));
        Row("read addr ~0-7 len8: ", _ => Read(ulong.MaxValue - 7, 8));
        // The program shows a byte of its buffer at least.
        Row("read unmapped len0: ", _ => Read(_p.Unmapped, 0, shown: 1));
        Row("read anon len0: ", _ => Read(_p.TwoPages, 0, shown: 1));
        Row("read unmapped cross page: ", _ => Read(_p.Unmapped + 4094, 4));
    }

    private void AddReads()
    {
        Row("read (first touch|second) off0 len8: ", _ => Read(_bar, 8));
        Row(@"compare: pread==mmio_read\((\d)@(\d)\) ", match =>
        {
            var (length, offset) = (Number(match, 1), (ulong)Number(match, 2));
            var call = _p.ReadInto(_p.FreshBuffer, _bar + offset, (ulong)length);
            var data = _p.Peek(_p.Buffer, length);
            var same = !call.IsError && data.AsSpan().SequenceEqual(_p.Pread(0, offset, length).Data);
            return (same ? "yes" : "no") + (length == 4 ? " data=" + RecorderText.NumberOf(data) : "");
        });
        Row(@"read off(\d+) len(\d+)( \(page cross\))?: ", match => Read(_bar + (ulong)Number(match, 1), (ulong)Number(match, 2)));
        Row(@"pread off(\d+) len(\d+): ", match =>
        {
            var (result, data) = _p.Pread(0, (ulong)Number(match, 1), Number(match, 2));
            return RecorderText.Full(result, data);
        });
        Row("read len0: ", _ => Read(_bar, 0, shown: 1));
        Row("read len -1: ", _ => Read(_bar, ulong.MaxValue, shown: 1));
        Row("read len SIZE_MAX: ", _ => RecorderText.Full(_p.ReadInto(_p.FreshBuffer, _bar, ulong.MaxValue)));
        Row(@"read page\d( first touch)? off(\d+) len(\d+): ", match => Read(_bar + (ulong)Number(match, 2), (ulong)Number(match, 3)));
    }

    private void AddBadBuffers()
    {
        Row("read to NULL buf: ", _ => RecorderText.Full(_p.ReadInto(0, _bar, 4)));
        Row("read to unmapped buf: ", _ => RecorderText.Full(_p.ReadInto(_p.Unmapped, _bar, 4)));
        Row("write from NULL buf: ", _ => RecorderText.Full(_p.WriteFrom(0, _bar, 4)));
        Row("write from unmapped buf: ", _ => RecorderText.Full(_p.WriteFrom(_p.Unmapped, _bar, 4)));
    }

    private void AddWrites()
    {
        // What the program stored where its line does not say so: it follows from the line that reads the register back.
        Row(@"write AQA\(0x24\) len4=001f001f: ", _ => Write(_bar + Aqa, [0x1f, 0x00, 0x1f, 0x00]));
        Row("write AQA len2: ", _ => Write(_bar + Aqa, [0, 0]));
        Row("write AQA len1: ", _ => Write(_bar + Aqa, [0x1f]));
        Row("write AQA len3: ", _ => Write(_bar + Aqa, [0, 0, 0]));
        Row("read AQA readback: ", _ => Read(_bar + Aqa, 4));
        Row(@"write ASQ\(0x28\) len8: ", _ => Write(_bar + Asq, Convert.FromHexString("0010325476000000")));
        Row("write ASQ hi len4: ", _ => Write(_bar + Asq + 4, new byte[4]));
        Row("read ASQ readback8: ", _ => Read(_bar + Asq, 8));
        Row("read ASQ lo: ", _ => Read(_bar + Asq, 4));
        Row("read ASQ hi: ", _ => Read(_bar + Asq + 4, 4));
        Row(@"write ASQ\+1 len4 unaligned: ", _ => Write(_bar + Asq + 1, new byte[4]));
        Row(@"write ASQ\+2 len8 unaligned cross8: ", _ => Write(_bar + Asq + 2, new byte[8]));
        Row(@"write len16 (@0x28 \(ASQ\+ACQ, PCISTB path\)|aligned src @0x28): ", _ => Write(_bar + Asq, Convert.FromHexString("00103254760000000020325476000000")));
        Row("read ASQ/ACQ readback16: ", _ => Read(_bar + Asq, 16));
        Row("write len0: ", _ => Write(_bar + Aqa, []));
        Row("write len4097: ", _ => Write(_bar, new byte[4097]));
        Row("write page cross: ", _ => Write(_bar + 4094, new byte[4]));
        Row("read after pwrite 0 ASQ/ACQ: ", _ =>
        {
            _p.Pwrite(0, Asq, new byte[16]);
            return Read(_bar + Asq, 16);
        });
    }

    private string Read(ulong address, ulong length, int? shown = null)
    {
        var result = _p.ReadInto(_p.FreshBuffer, address, length);
        return RecorderText.Full(result, _p.Peek(_p.Buffer, shown ?? (int)Math.Min(length, 16)));
    }

    private string Write(ulong address, byte[] source) => RecorderText.Full(_p.WriteFrom(_p.Put(source), address, (ulong)source.Length));

    private string RegionCapability(int index) => _p.Region(index)!.IsMsixMappable ? "id=3 ver=1" : "none";

    private static string Letters(uint flags) => string.Concat("RWMC".Where((_, bit) => (flags & 1u << bit) != 0));

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
}
