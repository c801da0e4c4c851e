using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using VfioSharp.Emulation.Nvme;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;

namespace VfioSharp.Zpci.Tests.Golden;

/// <summary>
/// The dialect "mt": an NVMe controller on a machine with the MIO instructions, tried by the instructions (pcilgi, pcistgi, pcistbi), by the
/// system calls (sys_read, sys_write), by plain loads and stores, and with every kind of bad buffer.
/// </summary>
internal sealed partial class MioReplay : GoldenReplay
{
    // Where the machine of the recording had its five failing registers is not written in it: within the first page, behind what is read in pieces.
    private const ulong FaultWindow = 0x800;
    private const ulong BarLength = 0x4000;
    private const ulong Aqa = 0x24;
    private const ulong Asq = 0x28;

    // What the data register of a load held before.
    private const ulong UntouchedRegister = 0x5a5a_5a5a_5a5a_5a5a;

    private static readonly string[] FaultNames = ["cc1 st12", "cc2", "cc3", "operand exc", "addressing exc"];

    private readonly RecorderProcess _p;

    // The mappings of the recording program, by the names that its lines give them.
    private ulong _bar;
    private ulong _readOnly;
    private ulong _writeOnly;
    private ulong _none;
    private ulong _other;
    private ulong _whileOff;

    public MioReplay(string host)
    {
        _p = new RecorderProcess(
            host,
            new NvmeFunction(),
            new ZpciFunctionOptions { LeastLoadInBytes = 2, Faults = InjectedFault.MioWindow(FaultWindow) },
            new ZpciHostOptions { HasMioFacility = true });
        new MachineRows(_p).AddTo(On);
        AddResourceFile();
        AddRegions();
        AddBadAddresses();
        AddLoads();
        AddSystemCalls();
        AddBuffers();
        AddStores();
        AddPermissions();
        AddPlainAccesses();
        AddFaultWindow();
        AddDecodingOff();
    }

    private void AddResourceFile()
    {
        On("mt pcilgi sysfs resource0 off0 len8: ", _ =>
        {
            _bar = (ulong)_p.MapResourceFile(0, BarLength).Value;
            return Load(_bar, 8);
        });
        On("mt sys_read sysfs resource0 off0 len8: ", _ => Read(_bar, 8));
        On("mt plain load plain sysfs resource0: ", _ => PlainLoad(_bar));
        On("bound 0001:00:00.0 -> ", _ =>
        {
            _p.Open();
            return _p.Driver;
        });
    }

    private void AddRegions()
    {
        On(@"mt region: (\d) ", match => _p.Region(Number(match, 1)) switch
        {
            { } region => string.Create(CultureInfo.InvariantCulture, $"size=0x{region.SizeInBytes:x} flags=0x{(uint)region.Flags:x} offset=0x{region.Offset:x}"),
            null => "EINVAL",
        });
        // The program turned decoding and bus mastering on, later decoding off, and on again.
        var commands = new Queue<Func<int, int>>([command => command | 6, command => command & ~2, command => command | 2]);
        On("mt cfg: command=", _ =>
        {
            _p.WriteCommand(commands.Dequeue()(_p.ReadCommand()));
            return _p.CommandText();
        });
        On("mt cfg: command after reset=", _ => _p.CommandText());
        On("mt pread8@0: ", _ =>
        {
            var (result, data) = _p.Pread(0, 0, 8);
            return $"{RecorderText.Full(result)} data={RecorderText.NumbersOf(data)}";
        });
        On("mt mmap RW: ", _ => string.Create(
            CultureInfo.InvariantCulture, $"flags=0x{(uint)_p.Region(0)!.Flags:x} {RecorderText.Ok(_p.Map(0, 0, BarLength), address => _bar = address)}"));
        On("mt compare: pcilgi8 ", _ =>
        {
            var loaded = _p.Process.Pcilgi(_bar, 8);
            var same = loaded.IsDone && loaded.Value == BinaryPrimitives.ReadUInt64BigEndian(_p.Pread(0, 0, 8).Data);
            return $"{(same ? "==" : "!=")} pread8 bytes (big-endian value of the same bytes)";
        });
        On("mt compare: sys_read8 ", _ =>
        {
            var isRead = !_p.ReadInto(_p.FreshBuffer, _bar, 8).IsError;
            return $"{(isRead && _p.Peek(_p.Buffer, 8).AsSpan().SequenceEqual(_p.Pread(0, 0, 8).Data) ? "==" : "!=")} pread8";
        });
    }

    private void AddBadAddresses()
    {
        (string Name, Func<ulong> Address)[] places =
        [
            ("unmapped address", () => _p.Unmapped),
            ("address 0", () => 0),
            ("anon RAM present", () => _p.Buffer),
            ("anon RAM never touched", () => _p.Allocate(UserAddressSpace.PageSize)),
            ("anon RAM", () => _p.Buffer),
            ("address 1<<62", () => 1ul << 62),
            ("own code", () => _p.Code),
        ];
        foreach (var (name, address) in places)
        {
            On($"mt pcilgi {name}: ", _ => Load(address(), 4));
            On($"mt pcistgi {name}: ", _ => Store(address(), 4, 0));
            On($"mt sys_read {name}: ", _ => Read(address(), 4));
            On($"mt {name}: \\(sys_write\\) ", _ => Write(address(), new byte[4]));
        }

        On("mt sys_read ~0-7: ", _ => Read(ulong.MaxValue - 7, 8));
        On("mt pciwb: ", _ => _p.Process.Pciwb() is { Signal.IsRaised: true } outcome ? RecorderText.Of(outcome, 0) : "ok");
    }

    private void AddLoads()
    {
        On("mt pcilgi (first touch|second) off0 len8: ", _ => Load(_bar, 8));
        On(@"mt pcilgi off(\d+) len(\d+)( \(page cross\))?: ", match => Load(_bar + (ulong)Number(match, 1), (ulong)Number(match, 2)));
        On(@"mt pcilgi len 0x1000004 \(garbage above\): ", _ => Load(_bar, 0x1000004));
        On("mt pcilgi len 0x14: ", _ => Load(_bar, 0x14));
        On(@"mt pcilgi len 1<<32\|4: ", _ => Load(_bar, 1ul << 32 | 4));
        On("mt pcilgi odd R2: ", _ => RecorderText.Of(_p.Process.PcilgiWithOddPair(), _bar));
        On("mt pcilgi first touch second page: ", _ => Load(_bar + 0x1000, 4));
    }

    private void AddSystemCalls()
    {
        On(@"mt sys_read off(\d+) len(\d+)( \(page cross\))?: ", match => Read(_bar + (ulong)Number(match, 1), (ulong)Number(match, 2)));
        On("mt sys_read len0: ", _ => Read(_bar, 0));
        On("mt sys_read len4097: ", _ => Read(_bar, 4097));
        On("mt sys_read first touch third page: ", _ => Read(_bar + 0x2000, 4));
    }

    private void AddFaultWindow()
    {
        for (var i = 0; i < FaultNames.Length; i++)
        {
            var offset = FaultWindow + (ulong)i * 8;
            var name = $"fault window {FaultNames[i]}: ";
            var writes = 0;
            On($"mt pcilgi {name}", _ => Load(_bar + offset, 4));
            On($"mt pcistgi {name}", _ => Store(_bar + offset, 4, 0));
            On($"mt pcistbi {name}", _ => StoreBlock(_bar + offset, new byte[16]));
            On($"mt sys_read {name}", _ => Read(_bar + offset, 4));
            // First a register store, then a block.
            On($"mt {name}\\(sys_write\\) ", _ => Write(_bar + offset, new byte[writes++ == 0 ? 4 : 16]));
            On($"mt {name}\\(pread\\) ", _ => RecorderText.Short(_p.Pread(0, offset, 4)));
            On($"mt {name}\\(pwrite\\) ", _ => RecorderText.Short(_p.Pwrite(0, offset, new byte[4])));
        }

        On(@"mt sys_read read 16 from fw-8 \(8 good \+ cc1\): ", _ => Read(_bar + FaultWindow - 8, 16));
    }

    private void AddDecodingOff()
    {
        On("mt pcilgi decode off, old mapping: ", _ => Load(_bar, 4));
        On("mt pcistgi decode off, old mapping: ", _ => Store(_bar + Aqa, 4, 0));
        On("mt sys_read decode off, old mapping: ", _ => Read(_bar, 4));
        On(@"mt decode off, old mapping: \(sys_write\) ", _ => Write(_bar + Aqa, new byte[4]));
        On("mt pread decode off: ", _ => RecorderText.Short(_p.Pread(0, 0, 4)));
        On("mt mmap decode off: ", _ => RecorderText.Ok(_p.Map(0, 0, BarLength), address => _whileOff = address));
        On("mt pcilgi decode off, new mapping: ", _ => Load(_whileOff, 4));
        On("mt sys_read decode off, new mapping: ", _ => Read(_whileOff, 4));
        On("mt plain load decode off, new mapping: ", _ => PlainLoad(_whileOff));
        On("mt pcilgi decode on again, (old|new) mapping: ", match => Load(match.Groups[1].Value == "old" ? _bar : _whileOff, 4));
        On("mt sys_read decode on again: ", _ => Read(_bar, 4));
        On("mt VFIO_DEVICE_RESET: ", _ => RecorderText.Short(_p.Reset()));
        On("mt pcilgi after reset: ", _ => Load(_bar, 4));
        On("mt sys_read after reset: ", _ => Read(_bar, 4));
    }

    private string Load(ulong address, ulong lengthRegister) => LoadBy(_p, address, lengthRegister);

    private string Store(ulong address, ulong length, ulong value) => RecorderText.Of(_p.Process.Pcistgi(address, length, value), PageOf(address));

    private string StoreBlock(ulong address, byte[] source) => StoreBlock(address, _p.Put(source), (ulong)source.Length);

    private string StoreBlock(ulong address, ulong source, ulong length) => RecorderText.Of(_p.Process.Pcistbi(address, length, source), PageOf(address));

    private string PlainLoad(ulong address) => RecorderText.Of(_p.Process.Load(address, 4), PageOf(address));

    private static string LoadBy(RecorderProcess process, ulong address, ulong lengthRegister)
    {
        var outcome = process.Process.Pcilgi(address, lengthRegister, UntouchedRegister);
        var text = RecorderText.Of(outcome, PageOf(address));
        return outcome.Signal.IsRaised ? text : string.Create(CultureInfo.InvariantCulture, $"{text} value=0x{outcome.Value:x16}");
    }

    private static ulong PageOf(ulong address) => address & ~(ulong)(UserAddressSpace.PageSize - 1);

    // The program prints sixteen bytes of its buffer at most.
    private string Read(ulong address, ulong length) => RecorderText.Full(_p.ReadInto(_p.FreshBuffer, address, length), _p.Peek(_p.Buffer, (int)Math.Min(length, 16)));

    private string Write(ulong address, byte[] source) => RecorderText.Full(_p.WriteFrom(_p.Put(source), address, (ulong)source.Length));

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
}
