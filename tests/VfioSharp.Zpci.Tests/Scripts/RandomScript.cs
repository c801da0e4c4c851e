using VfioSharp.Zpci.Kernel;
using VfioSharp.Zpci.Machine;
using VfioSharp.Zpci.Memory;
using VfioSharp.Zpci.Process;
using VfioSharp.Zpci.Vfio;

namespace VfioSharp.Zpci.Tests.Scripts;

/// <summary>
/// Plays steps that a driver, or one who means ill, may take in any order, and checks after each what must hold whatever came before: nothing
/// is written through a mapping that does not allow it, nothing reaches a function whose memory is off, nothing that was zapped is still in a
/// page table, and what is read is of now.
/// </summary>
internal sealed class RandomScript : IDisposable
{
    private const ulong ConfigRegion = 7ul << 40;

    private static readonly ulong[] Offsets = [0, 0, 0, 4, 8, 0x10, 0x24, 0x28, 0x7f8, 0x800, 0x808, 0x810, 0x818, 0xffc, 0xff8, 0x1000, 0x2000, 0x2ff8];
    private static readonly ulong[] Lengths = [0, 1, 2, 3, 4, 4, 4, 7, 8, 8, 8, 12, 16, 24, 128, 136, 4096, 4097];
    private static readonly ulong[] Regions = [0, 0, 0, 2, 2, 1, 6, 7, 8, 9];
    private static readonly ulong[] MapLengths = [0x4000, 0x4000, 0x1000, 0x2000, 0x800, 0, 0x5000];

    private readonly Random _random;
    private readonly GenerationFunction _device = new();
    private readonly ZpciHost _host;
    private readonly ZpciFunction _function;
    private readonly List<UserProcess> _processes = [];
    private readonly List<ulong> _addresses = [0x7000_0000, 0, 1ul << 62, ulong.MaxValue - 7];
    private readonly ulong _buffer;
    private VfioPciDevice? _file;

    public RandomScript(string host, bool reportsMio, int seed)
    {
        _random = new Random(seed);
        _host = new ZpciHost(ZpciHostDescription.Parse(host));
        _function = _host.Plug(_device, new ZpciFunctionOptions { ReportsMio = reportsMio, Faults = InjectedFault.MioWindow(0x800) });
        _processes.Add(_host.StartProcess());
        _buffer = (ulong)_processes[0].AllocateMemory(2 * UserAddressSpace.PageSize).Value;
        _addresses.Add(_buffer);
        _addresses.Add(_processes[0].CodeAddress);
        _file = _host.OpenVfio(_function);
    }

    /// <summary>How many accesses reached the function, to show that the script is worth something.</summary>
    public int AccessCount => _device.AccessCount;

    public void Dispose() => _device.Dispose();

    public void Play(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var process = _processes[_random.Next(_processes.Count)];
            var isOff = _file is { IsMemoryEnabled: false };
            var before = _device.AccessCount;
            if (_random.Next(3) == 0)
                Change(process);
            else
                Access(process);
            if (isOff && _file is { IsMemoryEnabled: false })
                Assert.Equal(before, _device.AccessCount);
            if (_file is { IsMemoryEnabled: false } or { IsInLowPower: true })
                AssertNothingIsPresent();
        }
    }

    private void Access(UserProcess process)
    {
        var address = _addresses[_random.Next(_addresses.Count)] + Pick(Offsets);
        var length = Pick(Lengths);
        switch (_random.Next(9))
        {
            case 0:
                CheckRead(process.MmioRead(address, _buffer, length), process, address, length);
                break;
            case 1:
                CheckWrite(process, address, () => process.MmioWrite(address, _buffer, length));
                break;
            case 2:
                // The instruction takes the low 4 bits of the register as the length.
                CheckLoad(process.Pcilgi(address, length), process, address, (int)(length & 0xf));
                break;
            case 3:
                CheckWrite(process, address, () => process.Pcistgi(address, length, 1));
                break;
            case 4:
                CheckWrite(process, address, () => process.Pcistbi(address, length, _buffer + Pick(Offsets) % 64));
                break;
            case 5:
                process.Load(address & ~7ul, 8);
                break;
            case 6:
                CheckWrite(process, address, () => process.Store(address & ~7ul, 8, 1));
                break;
            case 7:
                _file?.Read(Pick(Regions) << 40 | Pick(Offsets), new byte[length]);
                break;
            default:
                _file?.Write(Pick(Regions) % 7 << 40 | Pick(Offsets), new byte[length]);
                break;
        }
    }

    private void Change(UserProcess process)
    {
        var page = _addresses[_random.Next(_addresses.Count)] & ~0xffful;
        switch (_random.Next(9))
        {
            case 0 or 1 or 2:
                Map(process);
                break;
            case 3:
                process.Memory.Unmap(page, Pick(Offsets));
                break;
            case 4:
                process.Memory.Protect(page, 0x1000, (Protection)_random.Next(8));
                break;
            case 5:
                _file?.Write(ConfigRegion + 4, [(byte)(_random.Next(4) * 2), 0]);
                break;
            case 6:
                ChangeDevice();
                break;
            case 7:
                Fork(process);
                break;
            default:
                Reopen();
                break;
        }
    }

    private void Map(UserProcess process)
    {
        if (_file is null)
            return;
        var protection = _random.Next(2) == 0 ? Protection.Read | Protection.Write : (Protection)_random.Next(8);
        var flags = _random.Next(5) == 0 ? (MapFlags)_random.Next(4) : MapFlags.Shared;
        var result = process.Memory.Map(_file, Pick(Regions) << 40 | (ulong)_random.Next(3) * 0x1000, Pick(MapLengths), protection, flags);
        if (!result.IsError)
            _addresses.Add((ulong)result.Value);
    }

    private void ChangeDevice()
    {
        switch (_random.Next(6))
        {
            case 0:
                _file?.Reset();
                AssertNothingIsPresent();
                break;
            case 1:
                _file?.EnterLowPower();
                break;
            case 2 or 3:
                _file?.ExitLowPower();
                break;
            case 4:
                _function.RaiseError();
                break;
            default:
                _file?.RequestBack();
                break;
        }
    }

    private void Fork(UserProcess process)
    {
        if (_processes.Count < 3)
        {
            _processes.Add(process.Fork());
            return;
        }

        _processes[^1].Exit();
        _processes.RemoveAt(_processes.Count - 1);
    }

    private void Reopen()
    {
        if (_file is null)
            _file = _host.OpenVfio(_function);
        else if (_random.Next(4) == 0)
            _file.Close();
        if (_file is { IsInUse: false })
            _file = null;
    }

    private T Pick<T>(T[] values) => values[_random.Next(values.Length)];

    private void CheckRead(KernelResult result, UserProcess process, ulong address, ulong length)
    {
        if (result.Value != 0)
            return;
        Assert.NotNull(process.Memory.Lookup(address));
        var data = new byte[Math.Min(length, UserAddressSpace.PageSize)];
        if (process.Peek(_buffer, data) == data.Length)
            Assert.All(data, octet => Assert.Equal(_device.Generation, octet));
    }

    private void CheckLoad(InstructionOutcome outcome, UserProcess process, ulong address, int length)
    {
        if (!outcome.IsDone)
            return;
        Assert.NotNull(process.Memory.Lookup(address));
        for (var i = 0; i < length; i++)
            Assert.Equal(_device.Generation, (byte)(outcome.Value >> i * 8));
    }

    private void CheckWrite<T>(UserProcess process, ulong address, Func<T> write)
    {
        var mayWrite = process.Memory.Lookup(address) is { Flags: var flags } && (flags & VmFlags.Write) != 0;
        var before = _device.WriteCount;
        write();
        if (!mayWrite)
            Assert.Equal(before, _device.WriteCount);
    }

    private void AssertNothingIsPresent()
    {
        foreach (var area in _processes.SelectMany(process => process.Memory.Areas).Where(area => area.File is VfioPciDevice))
            Assert.False(area.Space.IsPresent(area.Start));
    }
}
