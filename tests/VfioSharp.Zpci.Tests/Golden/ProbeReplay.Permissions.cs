using System.Globalization;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Process;

namespace VfioSharp.Zpci.Tests.Golden;

// What a mapping allows, ways to a mapping other than the system calls, and what is left of it while memory decoding is off.
internal sealed partial class ProbeReplay
{
    private void AddPermissions()
    {
        Row("read RO mapping first touch: ", _ => Read(_readOnly = _p.Map(Protection.Read), 4));
        Row("write RO mapping: ", _ => Write(_readOnly + Aqa, new byte[4]));
        Row("read after munmap: ", _ => Read(_p.Unmap(_readOnly, BarLength), 4));
        Row("write RO mapping first touch: ", _ => Write(_p.Map(Protection.Read) + Aqa, new byte[4]));
        Row("read WO mapping first touch: ", _ => Read(_writeOnly = _p.Map(Protection.Write), 4));
        Row("write WO mapping: ", _ => Write(_writeOnly + Aqa, new byte[4]));
        Row("read WO mapping second: ", _ => Read(_writeOnly, 4));
        Row("read PROT_NONE: ", _ => Read(_none = _p.Map(Protection.None), 4));
        Row("write PROT_NONE: ", _ => Write(_none + Aqa, new byte[4]));
        Row("write RW mapping first touch is write: ", _ => Write((_readWrite = _p.Map(Protection.Read | Protection.Write)) + Aqa, new byte[4]));
        Row("write RW mapping second write: ", _ => Write(_readWrite + Aqa, new byte[4]));
        Row("mprotect RO: ", _ => "ret=" + _p.ProtectResult(_bar, BarLength, Protection.Read).Return.ToString(CultureInfo.InvariantCulture));
        Row("write after mprotect RO: ", _ => Write(_bar + Aqa, new byte[4]));
    }

    private void AddOtherWays()
    {
        Row("mmap POPULATE: ", _ => RecorderText.Ok(_p.Map(0, 0, BarLength, flags: MapFlags.Shared | MapFlags.Populate), address => _populated = address) + " -");
        Row("read POPULATE read: ", _ => Read(_populated, 4));
        Row("plain load mapped page: ", _ => Signal(_p.Process.Load(_bar, 4), _bar));
        Row(@"plain load unmapped BAR page \(first touch\) in child: ", _ =>
        {
            var address = _p.Map(Protection.Read);
            return Signal(_p.Process.Fork().Load(address, 4), address);
        });
        Row("plain store mapped page: ", _ => Signal(_p.Process.Store(_bar, 4, 0), _bar));
        Row("plain load first touch new mapping: ", _ =>
        {
            var address = _p.Map(Protection.Read);
            return Signal(_p.Process.Load(address, 4), address);
        });
        Row(@"plain pcilgi \(MIO insn\) on mapping: ", _ => Signal(_p.Process.Pcilgi(_bar, 4), _bar));
        Row(@"plain pcilg \(priv insn\): ", _ => Signal(UserProcess.Pcilg(), _bar));
        Row("read after plain load tests: ", _ => Read(_bar, 4));
        On("child read child of fork: ", _ =>
        {
            var child = _p.Fork();
            return RecorderText.Full(child.ReadInto(child.FreshBuffer, _bar, 4), child.Peek(child.Buffer, 4));
        });
        Row(@"write\(pipe, mapped,4\): ", _ => RecorderText.Full(_p.Process.WriteToPipe(_bar, 4)));
        Row("/proc/self/mem pread: ", _ => RecorderText.Full(_p.Process.ReadProcSelfMem(_bar, 4)));
        Row("mlock mapping: ", _ => RecorderText.Full(_p.Process.Memory.Lock(_bar, BarLength)));
        Row("madvise DONTNEED: ", _ => RecorderText.Full(_p.Process.Memory.AdviseDontNeed(_bar, BarLength)));
        Row("read after DONTNEED: ", _ => Read(_bar, 4));
        Row("madvise POPULATE_READ: ", _ => RecorderText.Full(_p.Process.Memory.AdvisePopulateRead(_bar, BarLength)));
    }

    private void AddDecodingOff()
    {
        Row("cfg: command mem off: ", _ =>
        {
            var written = _p.WriteCommand(_p.ReadCommand() & ~2);
            return string.Create(CultureInfo.InvariantCulture, $"pwrite={written.Return} now={_p.CommandText()}");
        });
        Row("read memory decode OFF: ", _ => Read(_bar, 4));
        Row("write memory decode OFF: ", _ => Write(_readWrite + Aqa, new byte[4]));
        Row("pread memory decode OFF: ", _ => RecorderText.Full(_p.Pread(0, 0, 4).Result));
        Row("mmap while OFF: ", _ => RecorderText.Ok(_p.Map(0, 0, BarLength), address => _whileOff = address) + " -");
        Row("read new mapping while OFF: ", _ => Read(_whileOff, 4));
        Row("plain load while OFF: ", _ => Signal(_p.Process.Load(_whileOff, 4), _whileOff));
        Row("plain load old mapping while OFF: ", _ => Signal(_p.Process.Load(_bar, 4), _bar));
        Row("read memory decode back ON old mapping: ", _ =>
        {
            _p.WriteCommand(_p.ReadCommand() | 2);
            return Read(_bar, 4);
        });
        Row("read memory decode back ON new mapping: ", _ => Read(_whileOff, 4));
        Row("DEVICE_RESET: ", _ => RecorderText.Full(_p.Reset()));
        Row("cfg: command after reset=", _ => _p.CommandText());
        Row("read after reset: ", _ => Read(_bar, 4));
        Row("pread after reset: ", _ => RecorderText.Full(_p.Pread(0, 0, 4).Result));
        Row(@"read after reset \+ cmd=6: ", _ =>
        {
            _p.WriteCommand(6);
            return Read(_bar, 4);
        });
        Row(@"pread after reset\+cmd: ", _ =>
        {
            var (result, data) = _p.Pread(0, 0, 4);
            return RecorderText.Full(result) + " data=" + RecorderText.NumberOf(data)[2..];
        });
    }

    // "signal=Illegal instruction(4) si_code=3 si_addr=INSTRUCTION address(delta 0x...)"
    private static string Signal(InstructionOutcome outcome, ulong dataPage)
    {
        var signal = outcome.Signal;
        var name = signal.Number switch
        {
            VfioSharp.Zpci.Process.Signal.SIGILL => "Illegal instruction",
            VfioSharp.Zpci.Process.Signal.SIGBUS => "Bus error",
            _ => signal.Number.ToString(),
        };
        var address = signal switch
        {
            { IsAtInstruction: true } => "INSTRUCTION address",
            _ when signal.Address == dataPage => "data page",
            _ => "other",
        };
        return string.Create(CultureInfo.InvariantCulture, $"signal={name}({(int)signal.Number}) si_code={signal.Code} si_addr={address}");
    }
}
