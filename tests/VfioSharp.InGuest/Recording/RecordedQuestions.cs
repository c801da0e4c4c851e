using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using VfioSharp.Backends.Linux.Uapi;

namespace VfioSharp.InGuest.Recording;

/// <summary>
/// Asks this guest's kernel what a recording asked another, in the same order, and spells the answers alike. Questions about a function with
/// a large BAR: sysfs, region information, reads and writes of the device's file near the edges of BARs, mappings of every size, and
/// the MMIO system calls on those, or loads on a machine where they reach a BAR.
/// </summary>
internal sealed class RecordedQuestions : IDisposable
{
    private const string Mark = "GOLD ";
    private const ulong CommandRegister = 4;
    private const ushort MemoryAndBusMaster = 6;

    /// <summary>Lines that are no question to this kernel about the function, each with the reason.</summary>
    private static readonly (Regex Line, string Reason)[] PassedOver =
    [
        (new("^== "), "the recording program's heading, with the release of its kernel"),
        (new("^drivers: "), "the drivers of that kernel's machine, of which the function has one"),
        (new("^sysfs 0001:00:00.0 all: "), "every file of the function's folder, of which each release of Linux has others; those that count are asked for by name"),
    ];

    private readonly List<(Regex Question, Func<Match, string> Answer)> _questions = [];
    private readonly Dictionary<string, nuint> _mappings = [];
    private readonly string _address;
    private readonly RecordedSysfs _sysfs;
    private readonly RecordedMachine _machine = new();
    private RecordedDevice? _device;

    public RecordedQuestions(string address)
    {
        (_address, _sysfs) = (address, new RecordedSysfs(address));
        AddMachine();
        AddSysfs();
        AddDescription();
        AddRegionFile();
        AddMappings();
    }

    private RecordedDevice Device => _device ?? throw new InvalidOperationException("The recording has not opened the device yet.");

    /// <summary>Asks the questions of a recording. Messages of the kernel's log, which have no mark, are read elsewhere.</summary>
    /// <param name="lines">The recording.</param>
    /// <returns>
    /// Each line that is a question, and the same with this kernel's answer, or null where nobody here can ask it. Lines of
    /// <see cref="PassedOver"/> are none.
    /// </returns>
    public IEnumerable<(string Recorded, string? Here)> Ask(IEnumerable<string> lines)
    {
        foreach (var line in lines.Where(line => line.StartsWith(Mark, StringComparison.Ordinal)).Select(line => line[Mark.Length..]))
        {
            if (PassedOver.Any(over => over.Line.IsMatch(line)))
                continue;
            var (match, answer) = _questions.Select(known => (Match: known.Question.Match(line), known.Answer)).FirstOrDefault(known => known.Match.Success);
            yield return (line, match is null ? null : match.Value + answer(match));
        }
    }

    public void Dispose() => _device?.Dispose();

    private void AddMachine()
    {
        On("cpu features\t: ", _ => _machine.Features);
        On(@"cpu facilities(\d+)=", match => _machine.HasFacility(Number(match, 1)) ? "1" : "0");
        On("procfs /proc/bus/pci/0001:00/00.0 open: ", _ =>
        {
            using var file = RecordedMachine.OpenProcfs(_address, out var errno);
            return errno;
        });
        On("procfs PCIIOC_MMAP_IS_MEM ", _ =>
        {
            using var file = RecordedMachine.OpenProcfs(_address, out var _);
            return RecordedMachine.SelectMemory(file);
        });
    }

    // The function of a recording was 0001:00:00.0; this one may be another.
    private void AddSysfs()
    {
        On("sysfs 0001:00:00.0 resource files: ", _ => _sysfs.ResourceFiles());
        On("sysfs 0001:00:00.0 resource (?=0x)", _ => _sysfs.NextResource());
        On("sysfs 0001:00:00.0 (?=0x.* fid=)", _ => _sysfs.Attributes("pchid", "pfgid", "reset_method", "modalias"));
        On("sysfs 0001:00:00.0 (?=0x.* fh=)", _ => _sysfs.Attributes("uid", "fh", "reset_method"));
        On("bound 0001:00:00.0 -> ", _ => _sysfs.Driver);
        On(@"sysfs (resource\d) open: ", match =>
        {
            using var file = _sysfs.OpenResource(match.Groups[1].Value, out var errno);
            return errno;
        });
        On(@"sysfs (resource\d) mmap len=0x1000: ", match =>
        {
            using var file = _sysfs.OpenResource(match.Groups[1].Value, out var errno);
            if (file.IsInvalid)
                return $"FAILED errno={errno}";
            // The mapping keeps the file open.
            var answer = RecordedMapping.Map(file, 0, 0x1000, out var mapping);
            _mappings["resource"] = mapping;
            return answer;
        });
        On("get_device_fd ", _ =>
        {
            _device = RecordedDevice.Open(_address);
            // The recording programs turned decoding and bus mastering on as soon as they had the device.
            Device.Write(Device.Region(7).Offset + CommandRegister, [(byte)MemoryAndBusMaster, 0]);
            return "ok";
        });
    }

    private void AddDescription()
    {
        On("device_info ", _ =>
        {
            var (errno, answer) = Device.Ask(VfioIoctl.DeviceGetInfo, default(VfioDeviceInfo));
            Assert.Equal(Errno.None, errno);
            var info = MemoryMarshal.Read<VfioDeviceInfo>(answer);
            return string.Create(CultureInfo.InvariantCulture, $"ret=0 flags=0x{info.Flags:x} regions={info.RegionCount} irqs={info.IrqCount}");
        });
        On("ZPCI_(BASE|GROUP) ", match => RecordedZpci.Describe(Device, match.Groups[1].Value == "BASE"));
        On(@"region (\d) ", match => DescribeRegion(Number(match, 1)));
        On(@"irq (\d) ", match =>
        {
            var (errno, answer) = Device.Ask(VfioIoctl.DeviceGetIrqInfo, new VfioIrqInfo { Index = (uint)Number(match, 1) });
            if (errno != Errno.None)
                return "ret=-1 count=0 flags=0x0";
            var info = MemoryMarshal.Read<VfioIrqInfo>(answer);
            return string.Create(CultureInfo.InvariantCulture, $"ret=0 count={info.Count} flags=0x{info.Flags:x}");
        });
        On("cfg64=", _ => Device.ReadHex(Device.Region(7).Offset, 64));
        On("cfg BAR0 after all-ones write=", _ =>
        {
            var bar = Device.Region(7).Offset + 0x10;
            Device.Write(bar, [.. Enumerable.Repeat((byte)0xff, 8)]);
            return Device.ReadHex(bar, 8);
        });
    }

    private string DescribeRegion(int index)
    {
        var (errno, answer) = Device.Ask(VfioIoctl.DeviceGetRegionInfo, new VfioRegionInfo { Index = (uint)index });
        if (errno != Errno.None)
            return $"ret=-1({errno}) size=0x0 flags=0x0 offset=0x0 cap=0";
        var info = MemoryMarshal.Read<VfioRegionInfo>(answer);
        var capabilities = (info.Flags & VfioRegionInfo.FlagCapabilities) != 0 ? InfoCapabilityChain.Read(answer, info.CapabilityOffset) : [];
        var capability = capabilities.Select(header => (int)header.Id).FirstOrDefault();
        return string.Create(CultureInfo.InvariantCulture, $"ret=0(-) size=0x{info.Size:x} flags=0x{info.Flags:x} offset=0x{info.Offset:x} cap={capability}");
    }

    private void AddRegionFile()
    {
        On(@"pread r(\d) off=0x([0-9a-f]+) len=(\d+): ", match => Device.Read(Device.Region(Number(match, 1)).Offset + Hex(match, 2), Number(match, 3)));
        On(@"pwrite r(\d) off=0x([0-9a-f]+) len=(\d+) data=([0-9a-f]+): ", match =>
            Device.Write(Device.Region(Number(match, 1)).Offset + Hex(match, 2), Source(match)));
        On("RESET ", _ => Device.Reset());
    }

    private void AddMappings()
    {
        On(@"mmap r(\d) off=0x([0-9a-f]+) len=0x([0-9a-f]+): ", match =>
        {
            var (region, offset, length) = (Number(match, 1), Hex(match, 2), Hex(match, 3));
            var answer = RecordedMapping.Map(Device.File, Device.Region(region).Offset + offset, length, out var mapping);
            _mappings[NameOf(region, offset, length)] = mapping;
            return answer;
        });
        On(@"load (.+)\+0x([0-9a-f]+) len=(\d+): ", match =>
            RecordedMapping.Load(_mappings[match.Groups[1].Value] + (nuint)Hex(match, 2), Number(match, 3)));
        On(@"mmio_read (.+)\+0x([0-9a-f]+) len=(\d+): ", match =>
            RecordedMapping.Read(_mappings[match.Groups[1].Value] + (nuint)Hex(match, 2), Number(match, 3)));
        On(@"mmio_write (.+)\+0x([0-9a-f]+) len=(\d+) data=([0-9a-f]+): ", match =>
            RecordedMapping.Write(_mappings[match.Groups[1].Value] + (nuint)Hex(match, 2), Source(match)));
    }

    // The bytes of a write, of which the line shows 128 at most: they count up from 16.
    private static byte[] Source(Match match) => [.. Enumerable.Range(0x10, Number(match, 3)).Select(value => (byte)value)];

    // The names under which later lines speak of a mapping.
    private static string NameOf(int region, ulong offset, ulong length) => (region, offset, length) switch
    {
        (0, 1ul << 39, _) => "bar0@2^39",
        (0, 1ul << 41, _) => "bar0@2^41?",
        (0, 0, 1ul << 40) => "1TiB map",
        (0, 0, 1ul << 46) => "64TiB map",
        (0, 0, 1ul << 48) => "full",
        _ => string.Create(CultureInfo.InvariantCulture, $"bar{region}"),
    };

    private void On(string question, Func<Match, string> answer) => _questions.Add((new Regex("^" + question), answer));

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static ulong Hex(Match match, int group) => ulong.Parse(match.Groups[group].Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
